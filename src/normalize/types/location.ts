// SPDX-License-Identifier: Apache-2.0
import type { Element } from '../element.ts';
import type { Frame } from '../frame.ts';
import { systemOf } from '../identity/systems.ts';
import type { Place } from '../place.ts';
import type { Fill, TypeOf } from './converter.ts';
import { cleanCode, cleanText } from './text.ts';

/** Places from the smallest to the largest, as FHIR calls them. */
const LEVELS = [
  ['bd', 'Bed'],
  ['ro', 'Room'],
  ['wa', 'Ward'],
  ['lvl', 'Level'],
  ['bu', 'Building'],
  ['si', 'Site'],
] as const;
/** The components that name them. */
const PL = [3, 2, 1, 8, 7, 4] as const;
const NDL = [6, 5, 4, 11, 10, 7] as const;
const PHYSICAL_TYPE = 'http://terminology.hl7.org/CodeSystem/location-physical-type';

/** The place of a PL (§2A.2.51). */
export const location: TypeOf = () => placeOf(PL);
/** The place of an NDL (§2A.2.48), where somebody was. */
export const whereabouts: TypeOf = () => placeOf(NDL);

/**
 * A place as the Location of its smallest place, which contains the larger ones that it is part of: one resource for one patient's place,
 * rather than six whose every message would have to be stored.
 */
function placeOf(components: readonly number[]): Fill {
  return {
    kind: 'fill',
    fill(target, place, frame) {
      // Another place is another Location.
      if (target['identifier'] !== undefined) return;
      const found: Level[] = [];
      for (let index = 0; index < components.length; index++) {
        const component = components[index]!;
        if (!place.isFilled(component)) continue;
        const level = readLevel(place, component, frame);
        const [code, display] = LEVELS[index]!;
        if (level) found.push({ value: level.value, system: level.system, code, display, component });
      }
      if (found.length === 0) return;
      const larger: Element[] = [];
      for (let index = 0; index < found.length; index++) {
        const level = found[index]!;
        const one: Element = index === 0 ? target : { resourceType: 'Location', id: level.code };
        if (index > 0) larger.push(one);
        const { value, system } = level;
        const identifier: Element = system === undefined ? { value } : { system, value };
        one['identifier'] = [identifier];
        frame.run.note(identifier, 'value', place, level.component);
        one['name'] ??= index === 0 ? nameOf(found) : value;
        one['mode'] = 'instance';
        one['physicalType'] = {
          coding: [{ system: PHYSICAL_TYPE, code: level.code, display: level.display }],
        };
        const next = found[index + 1];
        if (next) one['partOf'] = { reference: `#${next.code}` };
        frame.run.note(one, 'name', place, level.component);
      }
      if (larger.length > 0) target['contained'] = larger;
    },
  };
}

interface Level {
  readonly value: string;
  readonly system: string | undefined;
  readonly code: string;
  readonly display: string;
  readonly component: number;
}

/** `4E 412 B, HARBOUR`, as people read it. */
function nameOf(levels: readonly Level[]): string {
  const levelName = (code: string) => levels.find((level) => level.code === code)?.value;
  const site = levelName('si');
  const within = ['wa', 'ro', 'bd'].flatMap((code) => levelName(code) ?? []).join(' ') || levels[0]!.value;
  return site !== undefined && within !== site ? `${within}, ${site}` : within;
}

/** A level's name; the site's, an HD like the others in newer versions, may come with a universal id. */
function readLevel(
  place: Place,
  component: number,
  frame: Frame,
): { readonly value: string; readonly system?: string } | undefined {
  const { run } = frame;
  const name = cleanText(place.read(run.taken, component, 1));
  const id = cleanCode(place.peek(component, 2));
  if (id === undefined) return name === undefined ? undefined : { value: name };
  const namespace = name ?? '';
  const universalIdType = place.peek(component, 3);
  const system = systemOf({ namespace, universalId: id, universalIdType }, run.site.authorities);
  if (system === undefined || system.startsWith('urn:id:')) {
    // An id of no kind that we know names the place only when nothing else does.
    if (name === undefined) place.take(run.taken, component, 2);
    return { value: name ?? id };
  }
  place.take(run.taken, component, 2);
  place.take(run.taken, component, 3);
  return { value: name ?? id, system };
}
