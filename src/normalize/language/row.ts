// SPDX-License-Identifier: Apache-2.0
import { setDecimal } from '../../fhir/json.ts';
import { Hl7Error } from '../../ingest/hl7/errors.ts';
import type { CodeMap } from '../codes.ts';
import { type Element, isEmpty } from '../element.ts';
import { MappingError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import { Place } from '../place.ts';
import { type Converter, Decimal, type Primitive, type TypeOf } from '../types/converter.ts';
import { type Condition, compileCondition } from './condition.ts';
import { attach, containerOf, follow, type Path, readPath, type Step } from './path.ts';
import { placeOf, type Reference, readReference, segmentOf } from './reference.ts';
import { compileTemplate, type Template } from './template.ts';

/** The fields that bring an element of their own to each top-level element of a map: more than one can fill `telecom`. */
export type Sources = ReadonlyMap<string, readonly Reference[]>;

/** What the rows of a segment map say of each other: an element goes only when all fields that fill it say so. */
export function sourcesOf(rows: readonly string[]): Sources {
  const sources = new Map<string, Reference[]>();
  const labelled = new Map<string, Reference[]>();
  for (const text of rows) {
    const parts = ROW.exec(text)?.groups;
    if (!parts || !/^[A-Z][A-Z0-9]{2}-/.test(parts['source']!) || parts['path']!.startsWith('@')) continue;
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

/** The names that rows may use, resolved when mappings are compiled: a wrong one is found then, not in a message. */
export interface Vocabulary {
  type(name: string): TypeOf;
  codes(name: string): CodeMap;
}

/** A row at work, for the element that a data type fills or the resource that a segment is mapped to. */
export type Row = (target: Element, frame: Frame, at: Place | undefined) => void;

const ROW =
  /^(?<path>\S+) = (?<source>"[^"]*"|@\w+!?|delete|\S+)(?: as (?<type>[\w/-]+)(?<strict>!)?)?(?: with (?<codes>[\w-]+))?(?: for (?<through>\S+))?(?: unless (?<absent>\w+\*?))?(?: if (?<condition>.+))?$/;

/**
 * A row of a mapping file: `element = source [as type[!]] [with codes] [for field] [unless element] [if condition]`.
 * A source is a field, a value in quotes (with `{PID-3.1}` for fields in it), `@name` for a reference to another resource of the
 * message, `@name!` for one that must be there, or `delete`. The element `ignore` stands for what needs no mapping, `$this` for all of
 * what a data type fills. What is already said is never overwritten: the first row wins.
 */
export function compileRow(text: string, label: string, vocabulary: Vocabulary, sources?: Sources): Row {
  const parts = ROW.exec(text)?.groups;
  if (!parts)
    throw new MappingError(
      'no row of the form: element = source [as type] [with codes] [for field] [if condition]',
    );
  const path = readPath(parts['path'] === '$this' ? 'this' : parts['path']!);
  const work = compileWork(path, parts, vocabulary);
  const condition = parts['condition'] === undefined ? undefined : compileCondition(parts['condition']);
  const guarded = guard(work, path, condition, parts['absent'], sources);
  return (target, frame, at) => {
    const { run } = frame;
    if (!run.explaining) return guarded(target, frame, at);
    const outer = run.row;
    run.row = outer === '' ? label : `${outer} > ${label}`;
    guarded(target, frame, at);
    run.row = outer;
  };
}

/** Work on one place, the `repetition`-th of those that the row goes through. */
type Work = (target: Element, frame: Frame, at: Place | undefined, repetition: number) => void;
interface Plan {
  readonly work: Work;
  /** The field through whose repetitions the row goes. */
  readonly through?: Reference;
  /** It has to look at the field only once. */
  readonly single?: boolean;
  /** In a data type: the component without which there is nothing to do. */
  readonly part?: number;
  /** The field whose `""` deletes the element. */
  readonly source?: Reference;
}

function compileWork(path: Path, parts: Record<string, string | undefined>, vocabulary: Vocabulary): Plan {
  const source = parts['source']!;
  const strict = parts['strict'] !== undefined;
  const codes = parts['codes'] === undefined ? undefined : vocabulary.codes(parts['codes']);
  const through = parts['through'] === undefined ? undefined : readReference(parts['through']);
  const going = through ? { through } : {};
  if (source === 'delete')
    return { work: (_target, frame) => void frame.instance.deleted.add(path.steps[0]!.name) };
  if (source.startsWith('@')) return { work: linking(path, source.slice(1)), ...going };
  if (source.startsWith('"')) {
    const template = compileTemplate(source.slice(1, -1));
    return { work: writing(path, template, parts['type'], strict), ...going };
  }
  const reference = readReference(source);
  const options = { strict, ...(codes ? { codes } : {}) };
  if (parts['path'] === 'ignore') {
    return { work: ignoring(reference), ...(reference.segment === undefined ? {} : { through: reference }) };
  }
  const converter = vocabulary.type(parts['type'] ?? (codes ? 'code' : 'string'))(options);
  const itself = parts['path'] === '$this' && converter.kind === 'fill' ? converter : undefined;
  if (itself) return { work: (target, frame, at) => void (at && itself.fill(target, at, frame)) };
  const work = converting(path, reference, converter, through !== undefined);
  const single = converter.kind === 'leaf' && converter.wholeField === true;
  if (reference.segment === undefined) return converter.always ? { work } : { work, part: reference.component };
  return { work, through: through ?? reference, source: reference, single };
}

function guard(plan: Plan, path: Path, condition: Condition | undefined, absent: string | undefined, sources: Sources | undefined): Row {
  const { work, through, single, source, part = 0 } = plan;
  const once: Work = (target, frame, at, repetition) => {
    // Most components of most data types are absent: this is where most rows end.
    if (at && part > at.components) return;
    if (condition && !condition(frame, at)) return;
    work(target, frame, at, repetition);
  };
  return (given, frame, at) => {
    const target = path.instance === undefined ? given : targetOf(path.instance, frame);
    if (!target || (absent !== undefined && isThere(target, absent))) return;
    if (!through || through.segment === undefined) return once(target, frame, at, 1);
    const segment = segmentOf(through, frame);
    if (!segment || segment.raw(through.field) === '') return;
    if (segment.isDelete(through.field)) {
      if (!source || (condition && !condition(frame, undefined))) return;
      if (path.instance === undefined && target === frame.instance.resource) {
        deleteElement(path.steps[0]!, new Place(segment, through.field, 1), frame, sources);
      }
      return;
    }
    const first = typeof through.repetition === 'number' ? through.repetition : 1;
    const last =
      single || typeof through.repetition === 'number' ? first : segment.repetitions(through.field);
    for (let repetition = first; repetition <= last; repetition++) {
      const place = new Place(segment, through.field, repetition);
      if (!place.deleted) once(target, frame, place, repetition);
    }
  };
}

/**
 * HL7 v2 §2.5.3: `""` asks to delete what is stored. Where several fields fill one element, all of them must ask, or one of them must
 * say what is there instead; else what the others have brought would go as well, and that is reported rather than done.
 */
function deleteElement(step: Step, place: Place, frame: Frame, sources: Sources | undefined): void {
  const { run, instance } = frame;
  const fields = sources?.get(step.name) ?? [];
  const all = fields.length > 0 && fields.every((one) => segmentOf(one, frame)?.isDelete(one.field));
  if (all && step.kind !== 'extension') {
    instance.deleted.add(step.name);
    place.take(run.taken);
    return;
  }
  run.later(() => {
    if (step.kind !== 'extension' && instance.resource[step.name] !== undefined) return place.take(run.taken);
    const { segment, field } = place;
    run.report('warning', 'not-supported', `${segment.name}-${field} asks to delete a part of what is stored: it was kept`);
  });
}

/** `value*` stands for all forms of a choice element. */
function isThere(target: Element, name: string): boolean {
  if (!name.endsWith('*')) return target[name] !== undefined;
  const stem = name.slice(0, -1);
  return Object.keys(target).some((key) => key.startsWith(stem));
}

function targetOf(name: string, frame: Frame): Element | undefined {
  const [found, ...others] = frame.group.named(name);
  return others.length === 0 ? found?.resource : undefined;
}

/** What is said elsewhere already is no loss. */
function ignoring(reference: Reference): Work {
  return (_target, frame, at) => {
    const place = placeOf(reference, frame, at);
    if (!place) return;
    const { component } = reference;
    if (component !== 0) place.take(frame.run.taken, component, reference.subcomponent || 1);
    else place.takeAll(frame.run.taken);
  };
}

function converting(path: Path, reference: Reference, converter: Converter, elsewhere: boolean): Work {
  const { steps } = path;
  const last = steps.at(-1)!;
  return (target, frame, at, repetition) => {
    const outer = elsewhere
      ? placeOf({ ...reference, repetition: 1 }, frame, undefined)
      : placeOf(reference, frame, at);
    if (!outer) return;
    const place = reference.component === 0 ? outer : outer.inner(reference.component);
    const inner = reference.subcomponent === 0 ? place : place.inner(reference.subcomponent);
    const known = containerOf(target, steps, frame, repetition, false);
    if (converter.kind === 'leaf') {
      if (known && last.kind === 'element' && known[last.name] !== undefined) return;
      const value = converter.read(inner, frame);
      if (value === undefined) return;
      const container = known ?? containerOf(target, steps, frame, repetition, true)!;
      setPrimitive(container, last, value, frame, inner.print());
      return;
    }
    const existing = known && follow(known, last, frame, repetition, false);
    const element = existing ?? (last.kind === 'extension' ? { url: last.label } : {});
    converter.fill(element, inner, frame);
    if (existing || isEmpty(element)) return;
    attach(known ?? containerOf(target, steps, frame, repetition, true)!, last, element, frame, repetition);
  };
}

function writing(path: Path, template: Template, type: string | undefined, strict: boolean): Work {
  const { steps } = path;
  const last = steps.at(-1)!;
  const concept = type === 'concept' || type === 'coding';
  if (strict || (type !== undefined && !concept && !['boolean', 'decimal', 'integer'].includes(type))) {
    throw new MappingError(`a value in quotes can't be written as ${type}`);
  }
  return (target, frame, at, repetition) => {
    const known = containerOf(target, steps, frame, repetition, false);
    if (known && last.kind === 'element' && known[last.name] !== undefined) return;
    const text = template.text(frame, at);
    if (text === undefined) return;
    const container = known ?? containerOf(target, steps, frame, repetition, true)!;
    if (concept) {
      const coding = frame.run.site.literalCoding(text);
      attach(container, last, type === 'coding' ? coding : { coding: [coding] }, frame, repetition);
      frame.run.note(coding, 'code', template.field(frame, at));
    } else {
      setPrimitive(container, last, primitiveOf(text, type), frame, template.field(frame, at));
    }
  };
}

function primitiveOf(text: string, type: string | undefined): Primitive {
  if (type === 'boolean') return text === 'true';
  if (type === 'decimal') return new Decimal(text);
  return type === 'integer' ? Number(text) : text;
}

function linking(path: Path, name: string): Work {
  const required = name.endsWith('!');
  const wanted = required ? name.slice(0, -1) : name;
  const { steps } = path;
  const last = steps.at(-1)!;
  return (target, frame, _at, repetition) => {
    // What a resource is called is known only when all of the message has been read.
    frame.run.later(() => {
      const found = wanted === 'self' ? [frame.instance] : frame.group.named(wanted);
      // Of several, none is meant more than the others, unless the element has room for all.
      const meant = found.length > 1 && last.kind !== 'new' ? [] : found;
      if (required && meant.length === 0) {
        const { name: segment, sequence } = frame.segment;
        throw new Hl7Error('100', `${segment} stands where no ${wanted} is known`, { segment, sequence });
      }
      for (const instance of meant) {
        if (instance.resource === target) continue;
        const container = containerOf(target, steps, frame, repetition, true)!;
        if (last.kind === 'element' && container[last.name] !== undefined) return;
        attach(container, last, frame.run.referTo(instance), frame, repetition);
      }
    });
  };
}

function setPrimitive(container: Element, step: Step, value: Primitive, frame: Frame, field: string): void {
  let holder: Element | unknown[] = container;
  let key: string | number = step.name;
  if (step.kind !== 'element') {
    const members = (container[step.name] as unknown[] | undefined) ?? [];
    container[step.name] = members;
    holder = members;
    key = members.length;
    if (step.kind === 'first' && members.length > 0) return;
  }
  if (value instanceof Decimal) setDecimal(holder, key, value.literal);
  else (holder as Record<string | number, unknown>)[key] = value;
  frame.run.note(holder, key, field);
}
