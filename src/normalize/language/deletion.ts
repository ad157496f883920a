// SPDX-License-Identifier: Apache-2.0
import { printLocation } from '../../ingest/hl7/errors.ts';
import { MappingError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import type { Place } from '../place.ts';
import { type Path, readPath, type Step } from './path.ts';
import { instancesOf, type Reference, readReference, segmentOf } from './reference.ts';
import { splitRow } from './syntax.ts';
import type { Work } from './work.ts';

/** The fields that bring an element of their own to each top-level element of a map: more than one can fill `telecom`. */
export type Sources = ReadonlyMap<string, readonly Reference[]>;

/** What the rows of a segment map say of each other: an element goes only when all fields that fill it say so. */
export function sourcesOf(rows: readonly string[]): Sources {
  const sources = new Map<string, Reference[]>();
  const labelled = new Map<string, Reference[]>();
  for (const text of rows) {
    const parts = splitRow(text);
    if (!parts || !/^[A-Z][A-Z0-9]{2}-/.test(parts['source']!) || parts['path']!.startsWith('@')) continue;
    if (parts['path'] === '$this') continue;
    // What is only said beside something else, such as a unit, brings nothing of its own.
    if (parts['present'] !== undefined) continue;
    const first = readPath(parts['path']!).steps[0]!;
    if (first.kind === 'first' || first.kind === 'extension' || first.name === 'ignore') continue;
    const reference = readReference(parts['source']!);
    // Where some rows label their members (home and work phones), the others bring further ones, which senders seldom have.
    const kept = first.kind === 'label' ? labelled : sources;
    const known = kept.get(first.name) ?? [];
    const same = (one: Reference) => one.segment === reference.segment && one.field === reference.field;
    if (!known.some(same)) kept.set(first.name, [...known, reference]);
  }
  return new Map([...sources, ...labelled]);
}

/** `element = delete`: a top-level element goes, a part of one (`period.end`), or an extension of one kind. */
export function deleting({ instance, steps }: Path): Work {
  const [{ name, kind, label }, part, ...deeper] = steps as [Step, ...Step[]];
  const extension = kind === 'extension' && part === undefined;
  if (!extension && (kind !== 'element' || (part && part.kind !== 'element') || deeper.length > 0))
    throw new MappingError('only elements, their parts and extensions can be deleted');
  const path = extension ? `${name}{${label}}` : part ? `${name}.${part.name}` : name;
  return (_target, frame) => {
    const meant = instance === undefined ? [frame.instance] : instancesOf(instance, frame);
    for (const each of meant) each.delete(path);
  };
}

/** `element = keep`: the message may know a part of this array only, and what is stored of it stays beside what is said. */
export function keeping({ instance, steps }: Path): Work {
  const [{ name, kind }, ...deeper] = steps as [Step, ...Step[]];
  if (instance !== undefined || kind !== 'element' || deeper.length > 0)
    throw new MappingError('only whole elements of the resource itself can be kept');
  return (_target, frame) => void frame.instance.keep(name);
}

/**
 * HL7 v2 §2.5.3: `""` asks to delete what is stored. Where several fields fill one element, all of them must ask, or one of them must
 * say what is there instead; else what the others have brought would go as well, and that is reported rather than done.
 */
export function deleteElement(
  steps: readonly Step[],
  place: Place,
  frame: Frame,
  sources: Sources | undefined,
): void {
  const { run, instance } = frame;
  const [step, part, ...deeper] = steps as [Step, ...Step[]];
  const fields = sources?.get(step.name) ?? [];
  const all = fields.length > 0 && fields.every((one) => segmentOf(one, frame)?.isDelete(one.field));
  if (all && step.kind !== 'extension') {
    instance.delete(step.name);
    place.take(run.taken);
    return;
  }
  // Of what is put together of several fields each deletes its own part.
  const isPart = step.kind === 'element' && part?.kind === 'element' && deeper.length === 0;
  if (isPart && instance.rules.adds.includes(step.name)) {
    instance.delete(`${step.name}.${part.name}`);
    place.take(run.taken);
    return;
  }
  run.later(() => {
    if (step.kind !== 'extension' && instance.resource[step.name] !== undefined) return place.take(run.taken);
    const { segment, field } = place;
    run.report(
      'warning',
      'not-supported',
      `${segment.name}-${field} asks to delete a part of what is stored: it was kept`,
      printLocation(place.location),
    );
  });
}
