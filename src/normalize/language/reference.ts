// SPDX-License-Identifier: Apache-2.0

import type { Segment } from '../../ingest/hl7/message.ts';
import { MappingError } from '../errors.ts';
import type { Scene } from '../frame.ts';
import type { Group } from '../grammar/group.ts';
import type { Instance } from '../instance.ts';
import { interned } from '../interned.ts';
import { Place } from '../place.ts';
import type { Condition } from './condition.ts';

/**
 * What a row or a condition reads: `PID-5`, `PID-5.1`, `PID-3[2].5.1`, `PID-3[].5` (any repetition), `ORC-7[2+]` (those from the second
 * on, for rows) in segment maps; `XPN.1` or `XPN.1.2` in data type maps, relative to the value at hand.
 */
export interface Reference {
  /** Undefined in data type maps. */
  readonly segment: string | undefined;
  /** 0 in data type maps. */
  readonly field: number;
  /** Undefined: the repetition at hand if the row goes through this field, else the first. */
  readonly repetition: number | 'any' | undefined;
  /** The repetition that a row begins with. */
  readonly from: number | undefined;
  /** 0: the whole. */
  readonly component: number;
  readonly subcomponent: number;
}

const FIELD = /^([A-Z][A-Z0-9]{2})-(\d{1,3})(?:\[(\d*)(\+?)\])?(?:\.(\d{1,2})(?:\.(\d{1,2}))?)?$/;
const PART = /^[A-Z]{2,3}\.(\d{1,2})(?:\.(\d{1,2}))?$/;

export function readReference(text: string): Reference {
  const field = FIELD.exec(text);
  if (field) {
    const [, segment, number, repetition, on, component, subcomponent] = field;
    const which = Number(repetition) || undefined;
    return {
      segment: interned(segment!),
      field: Number(number),
      repetition: repetition === '' ? 'any' : on ? undefined : which,
      from: on ? which : undefined,
      component: Number(component ?? 0),
      subcomponent: Number(subcomponent ?? 0),
    };
  }
  const [, component, subcomponent] = PART.exec(text) ?? [];
  if (component === undefined)
    throw new MappingError(`${text} is no field such as PID-5.1 or part such as XPN.1`);
  return {
    segment: undefined,
    field: 0,
    repetition: undefined,
    from: undefined,
    component: Number(component),
    subcomponent: Number(subcomponent ?? 0),
  };
}

/** The segment that a reference means where the frame stands: the one being mapped, else the nearest of that name. */
export function segmentOf(reference: Reference, frame: Scene): Segment | undefined {
  const { segment } = reference;
  return segment === undefined || segment === frame.segment.name
    ? frame.segment
    : frame.group.segment(segment);
}

/** The resources that `@name` means where the frame stands: of several, the one that this very segment has. */
export function instancesOf(name: string, { group, segment }: Scene): readonly Instance[] {
  const found = group.named(name);
  const first = found[0];
  if (!first || (found.length === 1 && first.segment === segment)) return found;
  const own = found.filter((instance) => instance.segment === segment);
  if (own.length > 0) return own;
  // What each PRT has of its own, another PRT has not.
  return first.ofSegment && first.segment.name === segment.name ? [] : found;
}

/**
 * The resources of that name that stand right before where the frame stands: in the repetitions before its own, past those that are `like`
 * it, the ones where a condition holds. An order that replaces others follows them (HL7 v2.9 §4.5.1.1).
 */
export function instancesBefore(
  name: string,
  scene: Scene,
  holds: Condition,
  like: Condition | undefined,
): readonly Instance[] {
  const own = scene.group.named(name)[0]?.group;
  const groups = own?.parent?.children.filter(({ position }) => position === own.position) ?? [];
  let at = own ? groups.indexOf(own) : 0;
  const before = (condition: Condition | undefined): Group | undefined => {
    const group = groups[at - 1];
    const segment = group?.placed.find((one) => one.segment.name === scene.segment.name)?.segment;
    return group && segment && condition?.({ group, segment }, undefined) ? group : undefined;
  };
  while (before(like)) at--;
  const found: Instance[] = [];
  for (let group = before(holds); group; group = before(holds)) {
    const instance = group.own(name);
    if (instance) found.unshift(instance);
    at--;
  }
  return found;
}

/** The place that a reference means, or undefined when there is no such segment. */
export function placeOf(reference: Reference, frame: Scene, at: Place | undefined): Place | undefined {
  if (reference.segment === undefined) return at;
  const segment = segmentOf(reference, frame);
  if (!segment) return undefined;
  if (reference.repetition === undefined && at?.segment === segment && at.field === reference.field)
    return at;
  const repetition = typeof reference.repetition === 'number' ? reference.repetition : 1;
  return new Place(segment, reference.field, repetition);
}

/** The component or subcomponent of a place that a reference means, else the whole. */
export function partOf(place: Place, { component, subcomponent }: Reference): Place {
  const outer = component === 0 ? place : place.inner(component);
  return subcomponent === 0 ? outer : outer.inner(subcomponent);
}

/** The text that a reference to one place stands for, without taking it; undefined when there is no such segment. */
export function textAt(reference: Reference, frame: Scene, at: Place | undefined): string | undefined {
  const { field, repetition } = reference;
  const component = reference.component || 1;
  const subcomponent = reference.subcomponent || 1;
  if (reference.segment === undefined) return at?.peek(component, subcomponent);
  const segment = segmentOf(reference, frame);
  if (!segment) return undefined;
  if (repetition === undefined && at?.segment === segment && at.field === field)
    return at.peek(component, subcomponent);
  return segment.value(field, typeof repetition === 'number' ? repetition : 1, component, subcomponent);
}

/** Texts that a reference stands for, without taking them: one, or with `[]` one for each repetition. */
export function textsOf(reference: Reference, frame: Scene, at: Place | undefined): string[] {
  if (reference.repetition !== 'any') {
    const text = textAt(reference, frame, at);
    return text === undefined ? [] : [text];
  }
  const segment = segmentOf(reference, frame);
  if (!segment) return [];
  const { field } = reference;
  const component = reference.component || 1;
  const subcomponent = reference.subcomponent || 1;
  const count = segment.repetitions(field);
  return Array.from({ length: count }, (_, index) =>
    segment.value(field, index + 1, component, subcomponent),
  );
}

/** Whether what a reference means has any content; `""` is none. */
export function isValued(reference: Reference, frame: Scene, at: Place | undefined): boolean {
  const place = placeOf(reference, frame, at);
  if (!place) return false;
  const { component, subcomponent } = reference;
  if (component === 0) {
    if (reference.segment === undefined) return place.valued;
    const { segment, field, repetition } = place;
    if (reference.repetition !== undefined || place === at)
      return place.valued && saysAnything(segment, field, repetition);
    if (segment.raw(field).trim() === '' || segment.isDelete(field)) return false;
    const count = segment.repetitions(field);
    for (let each = 1; each <= count; each++) if (saysAnything(segment, field, each)) return true;
    return false;
  }
  if (reference.repetition === 'any') return textsOf(reference, frame, at).some((text) => text.trim() !== '');
  if (subcomponent === 0) return hasParts(place, component);
  return place.peek(component, subcomponent).trim() !== '';
}

/** Delimiters alone say nothing. */
function saysAnything(segment: Segment, field: number, repetition: number): boolean {
  if (segment.value(field, repetition) !== '') return true;
  for (let component = segment.components(field, repetition); component > 0; component--) {
    for (let part = segment.subcomponents(field, repetition, component); part > 0; part--)
      if (segment.value(field, repetition, component, part) !== '') return true;
  }
  return false;
}

function hasParts(place: Place, component: number): boolean {
  if (place.peek(component).trim() !== '') return true;
  const inner = place.inner(component);
  for (let part = inner.components; part > 1; part--) if (inner.peek(part).trim() !== '') return true;
  return false;
}
