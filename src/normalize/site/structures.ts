// SPDX-License-Identifier: Apache-2.0
import type { SiteFile } from '../files.ts';
import type { Placed } from '../grammar/group.ts';
import { type Position, positionsOf } from '../grammar/notation.ts';
import type { ResourceRules } from '../identity/rules.ts';
import {
  applyTo,
  type Compiled,
  type Link,
  linkOf,
  type Named,
  readNamed,
  readUse,
  type SegmentMaps,
  type Structure,
  type Structures,
  segmentAt,
  type Use,
} from '../structure.ts';

/** What a site says otherwise of structures. */
interface Own {
  readonly resources: ReadonlyMap<string, Named>;
  /** What it has instead of a common link. */
  readonly links: ReadonlyMap<Link, Link>;
  readonly maps: readonly OwnMap[];
}

/** A map that a site adds, at the place of that name in every structure that has such a resource. */
interface OwnMap {
  readonly place: string;
  readonly resource: string;
  readonly link: Link;
}

/** A use that is added to a structure whose grammar has no place of that name: for segments in groups where they are met. */
interface Loose {
  /** `PATIENT.ZPD`, innermost first. */
  readonly path: readonly string[];
  readonly use: Use;
}

/** The structures of a site, by the events that they serve: the common ones themselves where it says nothing of them. Throws MappingError. */
export function structuresOf(
  { byEvent, links }: Structures,
  site: Pick<SiteFile, 'resources' | 'maps'>,
  rules: (type: string) => ResourceRules,
  maps: SegmentMaps,
): ReadonlyMap<string, Structure> {
  const own: Own = {
    resources: new Map(
      Object.entries(site.resources ?? {}).map(([name, text]) => [name, readNamed(name, text, rules)]),
    ),
    links: otherwise(links, maps),
    maps: Object.entries(site.maps ?? {}).flatMap(([place, texts]) =>
      [texts].flat().map((text): OwnMap => {
        const { resource, from } = readUse(text);
        return { place, resource, link: linkOf(from, segmentAt(place), maps) };
      }),
    ),
  };
  if (own.resources.size + own.links.size + own.maps.length === 0) return byEvent;
  const made = new Map<Compiled, Structure>();
  for (const structure of byEvent.values())
    if (!made.has(structure)) made.set(structure, structureOf(structure, own));
  return new Map([...byEvent].map(([event, structure]) => [event, made.get(structure)!]));
}

function otherwise(links: ReadonlySet<Link>, maps: SegmentMaps): Map<Link, Link> {
  const found = new Map<Link, Link>();
  for (const link of links) {
    const own = linkOf(link.text, link.segment, maps);
    if (own.rows !== link.rows || own.condition !== link.condition) found.set(link, own);
  }
  return found;
}

function structureOf(common: Compiled, own: Own): Structure {
  const { grammar, resources, uses, needed, name } = common;
  const added = new Map<Position, Use[]>();
  const loose: Loose[] = [];
  for (const { place, resource, link } of own.maps) {
    const named = own.resources.get(resource) ?? resources.get(resource);
    if (!named) continue;
    const use = { named, link };
    const positions = positionsOf(grammar, place);
    for (const position of positions) added.set(position, [...(added.get(position) ?? []), use]);
    if (positions.length === 0) loose.push({ path: place.split('.').reverse(), use });
  }
  const isOther = (use: Use) => own.resources.has(use.named.name) || own.links.has(use.link);
  const isCommon = added.size + loose.length === 0 && ![...uses.values()].some((each) => each.some(isOther));
  if (isCommon) return common;
  const ofSite = ({ named, link }: Use): Use => ({
    named: own.resources.get(named.name) ?? named,
    link: own.links.get(link) ?? link,
  });
  // Most sites send few of all messages: what stands where is put together when it is met.
  const met = new Map<Position, readonly Use[]>();
  const usesOf = (placed: Placed): readonly Use[] => {
    const { position } = placed;
    if (!position) return loose.filter((one) => isAt(one, placed)).map(({ use }) => use);
    const known = met.get(position);
    if (known) return known;
    const made = [...(uses.get(position) ?? []).map(ofSite), ...(added.get(position) ?? [])];
    met.set(position, made);
    return made;
  };
  return { grammar, apply: (root, run) => applyTo(root, run, usesOf, needed, name) };
}

function isAt({ path: [name, ...groups] }: Loose, { segment, group }: Placed): boolean {
  if (segment.name !== name) return false;
  let at: Placed['group'] | undefined = group;
  return groups.every((wanted) => {
    const same = at?.position.name === wanted;
    at = at?.parent;
    return same;
  });
}
