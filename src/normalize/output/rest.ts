// SPDX-License-Identifier: Apache-2.0
import { MOORING_BASE } from '../../fhir/resource.ts';
import type { Message, Segment } from '../../ingest/hl7/message.ts';
import type { Dropped, Unmapped } from '../convert.ts';
import type { Element } from '../element.ts';
import type { Instance } from '../instance.ts';
import { Place } from '../place.ts';
import type { Run } from '../run.ts';
import type { Taken } from '../taken.ts';
import { cleanText } from '../types/text.ts';
import { aboutMessage } from './provenance.ts';

/** An extension of a value that no row took is named by this and where it stood: `…/v2/PID-22.1`. */
export const V2_FIELD = `${MOORING_BASE}/v2/`;

export interface Rest {
  readonly unmapped: readonly Unmapped[];
  readonly dropped: readonly Dropped[];
}

/**
 * What no row took goes into extensions that name their field: of the resource that the segment is about, or, where there is none or the
 * message only mentions it, of the message's Provenance. Left out is only what a rule of `ignored.yaml` names as being about the message
 * and not in it, and what an `ignore` row says is said elsewhere. So each value of the message is in the output or in the list.
 */
export function keepRest(run: Run): Rest {
  const { message, taken, site } = run;
  const unmapped: Unmapped[] = [];
  const dropped: Dropped[] = [];
  const kept: Kept = new Map();
  for (const segment of message.segments) {
    const rules = site.ignored.get(segment.name);
    for (let field = 1; field <= segment.fieldCount; field++) {
      if (segment.raw(field) === '') continue;
      const rule = rules?.get(field);
      if (segment.isDelete(field)) {
        if (!taken.has(segment, field, 1, 1, 1))
          dropped.push({ ...leafAt(segment, field, 1, 1, 1, 0), rule: 'not-deleted' });
        continue;
      }
      for (const leaf of leavesOf(segment, field, taken)) {
        const { repetition, component = 1, subcomponent = 1 } = leaf;
        const row = rule ?? run.leftOutBy(segment, [field, repetition, component, subcomponent]);
        if (row !== undefined) dropped.push(Object.assign(leaf, { rule: row }));
        else if (keep(leaf, segment, field, run, kept)) unmapped.push(leaf);
      }
    }
  }
  return { unmapped, dropped };
}

/** A message that its site wants nothing made of: all of it is dropped by that rule. */
export function dropAll(message: Message, rule: string): Dropped[] {
  return message.segments.flatMap((segment) =>
    Array.from({ length: segment.fieldCount }, (_, index) => leavesOf(segment, index + 1))
      .flat()
      .map((leaf) => ({ ...leaf, rule })),
  );
}

const NOTHING: readonly Unmapped[] = [];

/** Every value of a field that isn't blank and wasn't taken. */
function leavesOf(segment: Segment, field: number, taken?: Taken): readonly Unmapped[] {
  let leaves: Unmapped[] | undefined;
  const repetitions = segment.repetitions(field);
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    const components = segment.components(field, repetition);
    for (let component = 1; component <= components; component++) {
      const parts = segment.subcomponents(field, repetition, component);
      for (let part = 1; part <= parts; part++) {
        if (taken?.has(segment, field, repetition, component, part)) continue;
        if (segment.value(field, repetition, component, part).trim() === '') continue;
        const depth = parts > 1 ? 2 : components > 1 ? 1 : 0;
        leaves ??= [];
        leaves.push(leafAt(segment, field, repetition, component, part, depth));
      }
    }
  }
  return leaves ?? NOTHING;
}

/** Named as deep as the field goes: to its repetition (0), its component (1) or its subcomponent (2). */
function leafAt(
  from: Segment,
  number: number,
  repetition: number,
  component: number,
  subcomponent: number,
  depth: 0 | 1 | 2,
): Unmapped {
  const { name: segment, sequence } = from;
  const field = from.sentAs(number);
  if (depth === 0) return { segment, sequence, field, repetition };
  if (depth === 1) return { segment, sequence, field, repetition, component };
  return { segment, sequence, field, repetition, component, subcomponent };
}

/** By resource: what its extensions say, and the segment that said so. */
type Kept = Map<Element, Map<string, Segment>>;

function keep(leaf: Unmapped, segment: Segment, field: number, run: Run, kept: Kept): boolean {
  const { repetition, component = 1, subcomponent = 1 } = leaf;
  const place = new Place(segment, field, repetition);
  const text = cleanText(place.read(run.taken, component, subcomponent));
  if (text === undefined) return false;
  const extension: Element = { url: V2_FIELD + fieldOf(leaf), valueString: text };
  const { resource } = keeperOf(segment, run);
  const known = kept.get(resource) ?? new Map<string, Segment>();
  kept.set(resource, known);
  // What each of a thousand lines of one document says is said once.
  const said = known.get(`${extension['url']} ${text}`);
  if (said && said !== segment) return true;
  known.set(`${extension['url']} ${text}`, segment);
  const extensions = resource['extension'] as Element[] | undefined;
  if (extensions) extensions.push(extension);
  else resource['extension'] = [extension];
  run.row = 'unmapped';
  run.note(extension, 'valueString', place, component, subcomponent);
  return true;
}

/** `PID-22.1.2` */
export function fieldOf({ segment, field, component, subcomponent }: Unmapped): string {
  return [`${segment}-${field}`, component, subcomponent].filter((part) => part !== undefined).join('.');
}

function keeperOf(segment: Segment, run: Run): Instance {
  const about = run.about(segment);
  const own = about?.same ?? about;
  if (own && !own.once && !own.silent && own.type !== 'Bundle') return own;
  return aboutMessage(run);
}
