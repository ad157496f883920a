// SPDX-License-Identifier: Apache-2.0
import { MOORING_BASE } from '../../fhir/resource.ts';
import type { Origin } from '../convert.ts';
import type { Element } from '../element.ts';
import type { Instance } from '../instance.ts';
import type { Run } from '../run.ts';

/** The name that message files give to the Provenance of the message. */
const PROVENANCE = 'provenance';

/**
 * On a Provenance.target: where its elements came from. A line for each: path (FHIRPath), field (empty for what the mapping says of
 * itself) and row, with tabs between. An element for each of them would make the Provenance several times as long as what it is about.
 */
export const ELEMENT_ORIGINS = `${MOORING_BASE}/StructureDefinition/element-origins`;

/**
 * The Provenance of a message speaks of what the message speaks of, not of what it only mentions; so does one that says of nothing that
 * it is about it: R4 requires a target.
 */
export function addTargets(run: Run): void {
  const { instances } = run;
  const provenances = instances.filter(({ container, type }) => type === 'Provenance' && !container);
  for (const { resource } of provenances) nameOnce(resource);
  const about = provenances.filter(
    ({ name, resource }) => name === PROVENANCE || resource['target'] === undefined,
  );
  if (about.length === 0) return;
  const others = instances.filter(
    ({ container, type }) => !container && type !== 'Provenance' && type !== 'Bundle',
  );
  const spoken = others.filter((instance) => !instance.once);
  const targets = new Set((spoken.length > 0 ? spoken : others).map((one) => `${one.type}/${run.idOf(one)}`));
  for (const { resource } of about) resource['target'] = [...targets].map((reference) => ({ reference }));
}

/** Who stands in several groups of a message is one target. */
function nameOnce(resource: Element): void {
  const targets = resource['target'] as Element[] | undefined;
  const seen = new Set<unknown>();
  const once = targets?.filter(({ reference }) => !seen.has(reference) && seen.add(reference));
  if (once && targets && once.length < targets.length) resource['target'] = once;
}

/**
 * Says on each target where its elements came from, those of what it contains included. What the message only mentions is no target:
 * where that came from is said on the Provenance itself, with the part `resource`.
 */
export function writeOrigins(run: Run, origins: readonly Origin[]): void {
  const provenance = provenanceOf(run);
  if (!provenance) return;
  const targets = new Map<string, Element>();
  for (const target of (provenance.resource['target'] ?? []) as Element[])
    targets.set(String(target['reference']), target);
  const texts = textsByResource(origins);
  for (const { type, id } of run.instances) {
    const resource = `urn:uuid:${id}`;
    const told = texts.get(resource);
    texts.delete(resource);
    if (!told || id === provenance.id) continue;
    const reference = `${type}/${id}`;
    const target = targets.get(reference);
    const holder = target ?? provenance.resource;
    const extensions = (holder['extension'] ?? []) as Element[];
    holder['extension'] = extensions;
    for (const valueString of told)
      extensions.push(
        target ? { url: ELEMENT_ORIGINS, valueString } : originsOfOther(reference, valueString),
      );
  }
}

function originsOfOther(reference: string, valueString: string): Element {
  const parts = [
    { url: 'resource', valueReference: { reference } },
    { url: 'origins', valueString },
  ];
  return { url: ELEMENT_ORIGINS, extension: parts };
}

/** R4 §2.24.0.1: no string is longer than 1,048,576 bytes; these are ASCII but for what a site calls its rows. */
const MAX_CHARS = 500_000;

function textsByResource(origins: readonly Origin[]): Map<string, string[]> {
  const texts = new Map<string, string[]>();
  for (const { resource, path, field, row } of origins) {
    const line = `${path}\t${field}\t${row}`;
    const known = texts.get(resource);
    const last = known?.at(-1);
    if (!known || last === undefined) texts.set(resource, [line]);
    else if (last.length + line.length > MAX_CHARS) known.push(line);
    else known[known.length - 1] = `${last}\n${line}`;
  }
  return texts;
}

/** The Provenance of the message, if its structure has one. */
function provenanceOf(run: Run): Instance | undefined {
  return run.instances.find((instance) => instance.name === PROVENANCE);
}

/** Where to say what is about the message: on its Provenance, else on the first resource that is its own. */
export function aboutMessage(run: Run): Instance {
  const { instances } = run;
  return provenanceOf(run) ?? instances.find((one) => !one.once) ?? instances[0]!;
}
