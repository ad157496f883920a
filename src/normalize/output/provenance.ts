// SPDX-License-Identifier: Apache-2.0
import { MOORING_BASE } from '../../fhir/resource.ts';
import type { Origin } from '../convert.ts';
import type { Element } from '../element.ts';
import type { Instance } from '../instance.ts';
import type { Run } from '../run.ts';

/** The name that message files give to the Provenance of the message. */
const PROVENANCE = 'provenance';

/** On a Provenance.target: where one element of the target came from. Its parts are path (FHIRPath), field and row. */
export const ELEMENT_ORIGIN = `${MOORING_BASE}/StructureDefinition/element-origin`;

/**
 * The Provenance of a message speaks of what the message speaks of, not of what it only mentions; so does one that says of nothing that
 * it is about it: R4 requires a target.
 */
export function addTargets(run: Run): void {
  const { instances } = run;
  const about = instances.filter(
    ({ name, container, type, resource }) =>
      type === 'Provenance' && !container && (name === PROVENANCE || resource['target'] === undefined),
  );
  if (about.length === 0) return;
  const others = instances.filter(
    ({ container, type }) => !container && type !== 'Provenance' && type !== 'Bundle',
  );
  const spoken = others.filter((instance) => !instance.once);
  const targets = new Set((spoken.length > 0 ? spoken : others).map((one) => `${one.type}/${run.idOf(one)}`));
  for (const { resource } of about) resource['target'] = [...targets].map((reference) => ({ reference }));
}

/**
 * Says on each target where its elements came from, those of what it contains included. What the message only mentions is no target:
 * where that came from is said on the Provenance itself, with a part `resource`.
 */
export function writeOrigins(run: Run, origins: readonly Origin[]): void {
  const provenance = provenanceOf(run);
  if (!provenance) return;
  const targets = new Map<string, Element>();
  for (const target of (provenance.resource['target'] ?? []) as Element[])
    targets.set(String(target['reference']), target);
  const types = new Map(run.instances.map(({ type, id }) => [`urn:uuid:${id}`, `${type}/${id}`]));
  for (const { resource, path, field, row } of origins) {
    const reference = types.get(resource);
    if (reference === undefined || resource === `urn:uuid:${provenance.id}`) continue;
    const target = targets.get(reference);
    const parts = [
      ...(target ? [] : [{ url: 'resource', valueReference: { reference } }]),
      { url: 'path', valueString: path },
      // What the mapping says of itself comes from no field.
      ...(field === '' ? [] : [{ url: 'field', valueString: field }]),
      { url: 'row', valueString: row },
    ];
    const holder = target ?? provenance.resource;
    const extensions = (holder['extension'] ?? []) as Element[];
    extensions.push({ url: ELEMENT_ORIGIN, extension: parts });
    holder['extension'] = extensions;
  }
}

/** The Provenance of the message, if its structure has one. */
export function provenanceOf(run: Run): Instance | undefined {
  return run.instances.find((instance) => instance.name === PROVENANCE);
}
