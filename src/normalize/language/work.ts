// SPDX-License-Identifier: Apache-2.0
import { setDecimal } from '../../fhir/json.ts';
import { rangeOf } from '../../fhir/search/dates.ts';
import { Hl7Error } from '../../ingest/hl7/errors.ts';
import { readCoding } from '../codes.ts';
import { type Element, isEmpty } from '../element.ts';
import { MappingError } from '../errors.ts';
import type { Frame, Scene } from '../frame.ts';
import { encodeName } from '../identity/systems.ts';
import type { Instance } from '../instance.ts';
import type { Place } from '../place.ts';
import { laterBy } from '../types/arithmetic.ts';
import { type Converter, Decimal, type Fill, type Leaf, type Primitive } from '../types/converter.ts';
import { displayOf } from '../types/resource.ts';
import { attach, containerOf, follow, type Path, type Step } from './path.ts';
import { instancesOf, partOf, placeOf, type Reference } from './reference.ts';
import type { Template } from './template.ts';

/** Work on one place, the `repetition`-th of those that the row goes through. */
export type Work = (target: Element, frame: Frame, at: Place | undefined, repetition: number) => void;

/** What says nothing that isn't said elsewhere, or means nothing: it is listed as left out by the row. */
export function ignoring(reference: Reference, label: string): Work {
  return (_target, frame, at) => {
    const place = placeOf(reference, frame, at);
    if (!place) return;
    frame.run.leaveOut(partOf(place, reference), label);
  };
}

/** What a converter makes of a place, at the end of a path; with `elsewhere`, of a field that the row doesn't go through. */
export function converting(path: Path, reference: Reference, converter: Converter, elsewhere: boolean): Work {
  const source: Source = { reference: elsewhere ? { ...reference, repetition: 1 } : reference, elsewhere };
  return converter.kind === 'leaf' ? reading(path, source, converter) : filling(path, source, converter);
}

interface Source {
  readonly reference: Reference;
  readonly elsewhere: boolean;
}

function partAt({ reference, elsewhere }: Source, frame: Frame, at: Place | undefined): Place | undefined {
  const outer = placeOf(reference, frame, elsewhere ? undefined : at);
  return outer && partOf(outer, reference);
}

function reading({ steps }: Path, source: Source, leaf: Leaf): Work {
  const last = steps.at(-1)!;
  const isPeriodEnd = last.name === 'start' || last.name === 'end';
  return (target, frame, at, repetition) => {
    const known = containerOf(target, steps, frame, repetition, false);
    if (known && last.kind === 'element' && known[last.name] !== undefined) return;
    const place = partAt(source, frame, at);
    const value = place && leaf.read(place, frame);
    if (value === undefined) return;
    const container = known ?? containerOf(target, steps, frame, repetition, true)!;
    setPrimitive(container, last, value, frame, place!);
    if (isPeriodEnd && endsBeforeItStarts(container)) {
      // R4 per-1 forbids it: of two times that can't both be right the first one stays.
      delete container[last.name];
      place!.release(frame.run.taken);
      frame.run.warn('invariant', place!.print(), 'would let a period end before it starts');
    }
  };
}

function filling({ steps }: Path, source: Source, converter: Fill): Work {
  const last = steps.at(-1)!;
  return (target, frame, at, repetition) => {
    const place = partAt(source, frame, at);
    if (!place) return;
    const known = containerOf(target, steps, frame, repetition, false);
    const existing = known && follow(known, last, frame, repetition, false);
    const element = existing ?? (last.kind === 'extension' ? { url: last.label } : {});
    converter.fill(element, place, frame);
    if (existing || isEmpty(element)) return;
    attach(known ?? containerOf(target, steps, frame, repetition, true)!, last, element, frame, repetition);
  };
}

function endsBeforeItStarts({ start, end }: Element): boolean {
  if (typeof start !== 'string' || typeof end !== 'string') return false;
  const from = rangeOf(start);
  const to = rangeOf(end);
  return from !== undefined && to !== undefined && from.start > to.end;
}

export function writing(path: Path, template: Template, type: string | undefined, strict: boolean): Work {
  const { steps } = path;
  const last = steps.at(-1)!;
  const concept = type === 'concept' || type === 'coding';
  if (strict || (type !== undefined && !concept && !WRITTEN.has(type))) {
    throw new MappingError(`a value in quotes can't be written as ${type}`);
  }
  const fixed = concept && template.fixed !== undefined ? readCoding(template.fixed) : undefined;
  return (target, frame, at, repetition) => {
    const known = containerOf(target, steps, frame, repetition, false);
    if (known && last.kind === 'element' && known[last.name] !== undefined) return;
    const text = textOf(template, type, frame, at);
    if (text === undefined) return;
    const container = known ?? containerOf(target, steps, frame, repetition, true)!;
    if (concept) {
      const coding: Element = { ...(fixed ?? readCoding(text)) };
      attach(container, last, type === 'coding' ? coding : { coding: [coding] }, frame, repetition);
      frame.run.note(coding, 'code', fieldOf(template, frame, at));
    } else {
      setPrimitive(container, last, primitiveOf(text, type), frame, fieldOf(template, frame, at));
    }
  };
}

/** What a text in quotes may be written as. */
const WRITTEN = new Set(['boolean', 'decimal', 'integer', 'uri', 'dateTime', 'instant']);

function textOf(template: Template, type: string | undefined, frame: Frame, at: Place | undefined) {
  // In a URI the fields are parts: what would end one is encoded.
  if (type === 'uri') return template.text(frame, at, encodeName);
  if (type !== 'dateTime' && type !== 'instant') return template.text(frame, at);
  return template.made(frame, at, (text) => laterBy(type, text, frame.run.zone));
}

function fieldOf(template: Template, frame: Frame, at: Place | undefined): string {
  return frame.run.explaining ? template.field(frame, at) : '';
}

function primitiveOf(text: string, type: string | undefined): Primitive {
  if (type === 'boolean') return text === 'true';
  if (type === 'decimal') return new Decimal(text);
  return type === 'integer' ? Number(text) : text;
}

/** Resources of a name that stand before where a row is at work. */
export type Before = (name: string, scene: Scene) => readonly Instance[];

export function linking(path: Path, name: string, before: Before | undefined): Work {
  const required = name.endsWith('!');
  const wanted = required ? name.slice(0, -1) : name;
  const { steps } = path;
  const last = steps.at(-1)!;
  return (target, frame, _at, repetition) => {
    if (target === frame.instance.resource) frame.instance.refers = true;
    // What a resource is called is known only when all of the message has been read.
    frame.run.later(() => {
      const find = before ?? instancesOf;
      const named = wanted === 'self' ? [frame.instance] : find(wanted, frame);
      const found = named.filter(({ silent }) => !silent);
      // Of several, none is meant more than the others, unless the element has room for all.
      const meant = found.length > 1 && last.kind !== 'new' ? [] : found;
      if (required && meant.length === 0) {
        const { name: segment, sequence } = frame.segment;
        throw new Hl7Error('100', `${segment} stands where no ${wanted} is known`, { segment, sequence });
      }
      for (const instance of meant) {
        if (instance.resource === target) continue;
        const container = containerOf(target, steps, frame, repetition, true)!;
        const known = last.kind === 'element' ? (container[last.name] as Element | undefined) : undefined;
        if (known?.['reference'] !== undefined) return;
        // What it is called may have been said already; which one it is not.
        const reference = frame.run.referTo(instance, known);
        // A patient is known by the record, not by a name in each reference to it.
        const display = instance.type === 'Patient' ? undefined : displayOf(instance.resource);
        if (display !== undefined) reference['display'] ??= display;
        if (!known) attach(container, last, reference, frame, repetition);
      }
    });
  };
}

function setPrimitive(
  container: Element,
  step: Step,
  value: Primitive,
  frame: Frame,
  from: string | Place,
): void {
  const { name, kind } = step;
  if (kind === 'element') {
    if (value instanceof Decimal) setDecimal(container, name, value.literal);
    else container[name] = value;
    frame.run.note(container, name, from);
    return;
  }
  const members = container[name] as unknown[] | undefined;
  if (kind === 'first' && members && members.length > 0) return;
  const holder = members ?? [];
  if (!members) container[name] = holder;
  const at = holder.length;
  if (value instanceof Decimal) setDecimal(holder, at, value.literal);
  else holder.push(value);
  frame.run.note(holder, at, from);
}
