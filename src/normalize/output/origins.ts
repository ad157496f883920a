// SPDX-License-Identifier: Apache-2.0
import { printLocation } from '../../ingest/hl7/errors.ts';
import type { Origin, Unmapped } from '../convert.ts';
import { isSame } from '../element.ts';
import type { Instance } from '../instance.ts';
import { Place } from '../place.ts';
import type { Run } from '../run.ts';
import { type Leaf, Taken } from '../taken.ts';

/** What is said of the output Bundle itself; it has no `fullUrl`. */
const BUNDLE = 'Bundle';

/** That a row wrote `container[key]`; where that is in the output is known when the output is complete. */
export interface Note {
  readonly container: object;
  readonly key: string | number;
  /** Where the value was read, or the name of its field. */
  readonly from: Place | string;
  readonly component: number;
  readonly subcomponent: number;
  readonly row: string;
}

/** That a row took a part of the message, after so many notes. */
export interface Taking {
  readonly leaf: Leaf;
  readonly row: string;
  readonly at: number;
}

/** A note, with the name of the field that it is about. */
interface Told {
  readonly note: Note;
  readonly field: string;
}

/** Where each value of the output came from, in the order of the rows. */
export function originsOf(run: Run): Origin[] {
  const places = placesOf(run);
  const origins: Origin[] = [];
  for (const { note, field } of withMeanings(withOthers(run))) {
    const { container, key, row } = note;
    const place = places.get(container);
    if (!place || (place.names && !place.names.has(String(key)))) continue;
    // What was written may have been taken back since.
    if ((container as Record<string | number, unknown>)[key] === undefined) continue;
    const path = typeof key === 'number' ? `${place.path}[${key}]` : `${place.path}.${key}`;
    origins.push({ resource: place.resource, path, field, row });
  }
  return origins;
}

/** A value that is made of several parts has each of them as an origin, and not only the one that was noted. */
function withOthers({ notes, takings }: Run): Told[] {
  const told: Told[] = [];
  const noted = new Taken();
  const named = new Set<string>();
  for (const note of notes) {
    told.push({ note, field: fieldOf(note) });
    if (typeof note.from === 'string') named.add(note.from);
    else note.from.take(noted, note.component, note.subcomponent);
  }
  const others: Told[] = [];
  const said = new Map<object, Set<string>>();
  for (const { leaf, row, at } of takings) {
    if (noted.holds(leaf)) continue;
    const field = printLeaf(leaf);
    if (named.has(field)) continue;
    // A row reads, then writes; what it reads after that belongs to what it wrote last.
    const segment = segmentOf(field);
    const meant = [told[at], told[at - 1]].find(
      (one) => one && within(one.note.row, row) && segmentOf(one.field) === segment,
    );
    if (!meant) continue;
    const { container, key } = meant.note;
    const known = said.get(container) ?? new Set();
    said.set(container, known);
    const name = `${key} ${field}`;
    if (known.has(name)) continue;
    known.add(name);
    others.push({ note: meant.note, field });
  }
  return told.concat(others);
}

/** Whether one row is at work inside the other. */
function within(one: string, other: string): boolean {
  return `${one} `.startsWith(`${other} `) || `${other} `.startsWith(`${one} `);
}

function fieldOf({ from, component, subcomponent }: Note): string {
  return typeof from === 'string' ? from : from.print(component, subcomponent);
}

/** `OBX[3]` of `OBX[3]-5.1`. */
function segmentOf(field: string): string {
  return field.slice(0, field.indexOf('-'));
}

function printLeaf({ segment, field, repetition, component, subcomponent }: Leaf): string {
  return new Place(segment, field, repetition).print(component, subcomponent);
}

/** A code that a map translated brings the system and the words of its meaning along: they came from where it came from. */
function withMeanings(told: readonly Told[]): Told[] {
  const noted = { system: new Set<object>(), display: new Set<object>() };
  for (const { note } of told) {
    const { key } = note;
    if (key === 'system' || key === 'display') noted[key].add(note.container);
  }
  const all: Told[] = [];
  for (const one of told) {
    all.push(one);
    const { note, field } = one;
    if (note.key !== 'code') continue;
    for (const key of MEANINGS)
      if (key in note.container && !noted[key].has(note.container))
        all.push({ note: { ...note, key }, field });
  }
  return all;
}

const MEANINGS = ['system', 'display'] as const;

/**
 * The field that `container[key]` was read from, the first if there are several: known only when where values went is written down, as it
 * is in the end when one is lost. Otherwise the segment that the resource was first met in.
 */
export function fieldBehind(
  { notes }: Run,
  { segment }: Instance,
  container: object,
  key: string | number,
): string {
  const within = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    within.add(value);
    Object.values(value).forEach(visit);
  };
  visit((container as Record<string | number, unknown>)[key]);
  const isBehind = (note: Note) =>
    within.has(note.container) || (note.container === container && note.key === key);
  const found = notes.find((note) => note.from !== '' && isBehind(note));
  return found ? fieldOf(found) : printLocation({ segment: segment.name, sequence: segment.sequence });
}

/** Values that were mapped into something that isn't in the output, and nowhere else, count as unmapped again. */
export function releaseLost(run: Run): void {
  const places = placesOf(run);
  const said = new Set<string>();
  const lost: Note[] = [];
  for (const note of run.notes) {
    if (typeof note.from === 'string') continue;
    const place = places.get(note.container);
    if (place && place.names?.has(String(note.key)) !== false) said.add(leafOf(note.from, note));
    else lost.push(note);
  }
  for (const note of lost) {
    const from = note.from as Place;
    if (!said.has(leafOf(from, note))) from.release(run.taken, note.component, note.subcomponent);
  }
}

function leafOf(from: Place, { component, subcomponent }: Note): string {
  return `${from.segment.index} ${from.print(component, subcomponent)}`;
}

/** `PID-5[2].1`: a position as origins name it. */
export function printField({
  segment,
  sequence,
  field,
  repetition,
  component,
  subcomponent,
}: Unmapped): string {
  const which = sequence > 1 ? `[${sequence}]` : '';
  const again = repetition > 1 ? `[${repetition}]` : '';
  const inner = subcomponent !== undefined && subcomponent > 1 ? `.${subcomponent}` : '';
  return `${segment}${which}-${field}${again}.${component ?? 1}${inner}`;
}

interface Spot {
  readonly resource: string;
  readonly path: string;
  /** Undefined: all that the container says stands here. */
  readonly names: ReadonlySet<string> | undefined;
}

/** Where each object of the conversion stands in the output. */
function placesOf(run: Run): Map<object, Spot> {
  const places = new Map<object, Spot>();
  const visit = (value: unknown, resource: string, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if (!places.has(value)) places.set(value, { resource, path, names: undefined });
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++)
        if (typeof value[index] === 'object') visit(value[index], resource, `${path}[${index}]`);
      return;
    }
    for (const name in value) {
      const member = (value as Record<string, unknown>)[name];
      if (typeof member === 'object') visit(member, resource, `${path}.${name}`);
    }
  };
  for (const { same, container, resource, id, type } of run.instances)
    if (!same && !container) visit(resource, type === BUNDLE ? BUNDLE : `urn:uuid:${id}`, type);
  for (const instance of run.instances)
    if (instance.same) placeAbsorbed(instance, instance.same, places, visit);
  return places;
}

/** What a message says a second time of a resource stands where it was said first. */
function placeAbsorbed(
  { resource: said }: Instance,
  { resource: there, id, type }: Instance,
  places: Map<object, Spot>,
  visit: (value: unknown, resource: string, path: string) => void,
): void {
  const resource = `urn:uuid:${id}`;
  const names = new Set<string>();
  for (const [name, value] of Object.entries(said)) {
    const known = there[name];
    if (Array.isArray(known) && Array.isArray(value)) {
      for (const member of value) {
        const index = known.findIndex((one) => isSame(one, member));
        if (index >= 0) visit(member, resource, `${type}.${name}[${index}]`);
      }
    } else if (isSame(known, value)) {
      names.add(name);
      visit(value, resource, `${type}.${name}`);
    }
  }
  if (!places.has(said)) places.set(said, { resource, path: type, names });
}
