// SPDX-License-Identifier: Apache-2.0
import { extentOf, TEXT } from '../../ingest/hl7/extent.ts';
import type { CodeMap } from '../codes.ts';
import type { Element } from '../element.ts';
import { MappingError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import { Place } from '../place.ts';
import type { TypeOf } from '../types/converter.ts';
import { type Ask, type Choices, type Condition, compileCondition } from './condition.ts';
import { deleteElement, deleting, keeping, type Sources } from './deletion.ts';
import { type Path, readPath } from './path.ts';
import {
  instancesBefore,
  instancesOf,
  partOf,
  placeOf,
  type Reference,
  readReference,
  segmentOf,
} from './reference.ts';
import { splitRow } from './syntax.ts';
import { compileTemplate } from './template.ts';
import { type Before, converting, ignoring, linking, type Work, writing } from './work.ts';

/** The names that rows may use, resolved when mappings are compiled: a wrong one is found then, not in a message. */
export interface Vocabulary {
  type(name: string): TypeOf;
  codes(name: string): CodeMap;
  readonly choices: Choices;
}

/** What a row does. */
export interface Deed {
  /** Its file and name, for explanations. */
  readonly label: string;
  readonly work: Work;
}

/** A row of a mapping file, compiled. */
export interface Row {
  readonly asWritten: Deed;
  /** For who knows that its conditions hold. */
  readonly unconditional: Deed;
  /** Each must hold for it to have something to do. */
  readonly conditions: readonly Condition[];
  /** In a data type: the component without which there is nothing to do; 0 where there may be. */
  readonly part: number;
  /** In a segment map: the field through whose repetitions it goes, without which there is nothing to do; absent where there may be. */
  readonly through: Reference | undefined;
  /** What it does depends on more than the field, or value, that it reads. */
  readonly outward: boolean;
}

/** Has a row do its work for the element that a data type fills or the resource that a segment is mapped to. */
export function applyRow({ label, work }: Deed, target: Element, frame: Frame, at: Place | undefined): void {
  const { run } = frame;
  if (!run.explaining) return void work(target, frame, at, 1);
  const outer = run.row;
  run.row = outer === '' ? label : `${outer} > ${label}`;
  work(target, frame, at, 1);
  run.row = outer;
}

/**
 * A row of a mapping file: `element = source [as type[!]] [with codes] [for field] [given element] [unless element]
 * [if condition]`.
 * A source is a field, a value in quotes (with `{PID-3.1}` for fields in it), `@name` for a reference to another resource of the
 * message, `@name!` for one that must be there, `@name where condition` for those before it, `delete` or `keep`. The element `ignore` stands for
 * what needs no mapping, `$this` for all of what a data type fills. What is already said is never overwritten: the first row wins.
 */
export function compileRow(text: string, label: string, vocabulary: Vocabulary, sources?: Sources): Row {
  const parts = splitRow(text);
  if (!parts)
    throw new MappingError(
      'no row of the form: element = source [as type] [with codes] [for field] [if condition]',
    );
  const path = readPath(parts['path'] === '$this' ? 'this' : parts['path']!);
  const plan = compileWork(label, path, parts, vocabulary);
  const condition =
    parts['condition'] === undefined ? undefined : compileCondition(parts['condition'], vocabulary.choices);
  const { part = 0, through } = plan;
  const deed = (holds: Condition | undefined): Deed => ({
    label,
    work: aimed(throughField(plan, path, holds, sources), path, parts['present'], parts['absent']),
  });
  const unconditional = deed(undefined);
  const asWritten = condition ? deed(condition) : unconditional;
  const conditions = condition ? (condition.all ?? [condition]) : [];
  const outward =
    plan.outward === true || through !== undefined || path.instance !== undefined || looksAway(condition);
  return { asWritten, unconditional, conditions, part, through, outward };
}

/** Whether what a condition asks may be answered by more than the value at hand. */
function looksAway(condition: Condition | undefined): boolean {
  if (!condition) return false;
  const isOwn = ({ reads }: Ask) => reads.length > 0 && reads.every(({ segment }) => segment === undefined);
  return condition.asks?.every(isOwn) !== true;
}

interface Plan {
  readonly work: Work;
  /** The field through whose repetitions the row goes. */
  readonly through?: Reference;
  /** It has to look at the field only once. */
  readonly single?: boolean;
  readonly part?: number;
  readonly outward?: boolean;
  /** The field whose `""` deletes the element. */
  readonly source?: Reference;
}

function compileWork(
  label: string,
  path: Path,
  parts: Readonly<Record<string, string | undefined>>,
  vocabulary: Vocabulary,
): Plan {
  const source = parts['source']!;
  const strict = parts['strict'] !== undefined;
  const codes = parts['codes'] === undefined ? undefined : vocabulary.codes(parts['codes']);
  const through = parts['through'] === undefined ? undefined : readReference(parts['through']);
  const going = through ? { through } : {};
  if (source === 'delete') return { work: deleting(path), outward: true, ...going };
  if (source === 'keep') return { work: keeping(path), outward: true, ...going };
  if (source.startsWith('@'))
    return {
      work: linking(path, source.slice(1), standingBefore(parts, vocabulary)),
      outward: true,
      ...going,
    };
  if (source.startsWith('"')) {
    const template = compileTemplate(source.slice(1, -1));
    return { work: writing(path, template, parts['type'], strict), outward: template.outward, ...going };
  }
  const reference = readReference(source);
  const options = { strict, ...(codes ? { codes } : {}) };
  if (parts['path'] === 'ignore') {
    return {
      work: ignoring(reference, label),
      ...(reference.segment === undefined ? {} : { through: reference }),
    };
  }
  const converter = vocabulary.type(parts['type'] ?? (codes ? 'code' : 'string'))(options);
  const outward = converter.outward === true;
  const itself = parts['path'] === '$this' && converter.kind === 'fill' ? converter : undefined;
  if (itself) {
    const work: Work = (target, frame, at) => {
      const place = reference.segment === undefined ? at : placeOf(reference, frame, at);
      if (place) itself.fill(target, partOf(place, reference), frame);
    };
    return reference.segment === undefined
      ? { work, outward }
      : { work, outward, through: through ?? reference };
  }
  const work = converting(path, reference, converter, through !== undefined);
  const single = converter.kind === 'leaf' && converter.wholeField === true;
  if (reference.segment === undefined)
    return converter.always ? { work, outward } : { work, outward, part: reference.component };
  return { work, outward, through: through ?? reference, source: reference, single };
}

/** `@order where …`: not the order at hand, but those before it. */
function standingBefore(
  { where, condition }: Readonly<Record<string, string | undefined>>,
  { choices }: Vocabulary,
): Before | undefined {
  if (where === undefined) return undefined;
  const holds = compileCondition(where, choices);
  const like = condition === undefined ? undefined : compileCondition(condition, choices);
  return (name, scene) => instancesBefore(name, scene, holds, like);
}

/** Once for each repetition of the field that the row goes through, where the condition holds. */
function throughField(
  { work, through, single, source }: Plan,
  path: Path,
  condition: Condition | undefined,
  sources: Sources | undefined,
): Work {
  const once: Work = condition
    ? (target, frame, at, repetition) => {
        if (condition(frame, at)) work(target, frame, at, repetition);
      }
    : work;
  if (through?.segment === undefined) return once;
  const { field, repetition: which } = through;
  const first = typeof which === 'number' ? which : (through.from ?? 1);
  const isOne = single === true || typeof which === 'number';
  return (target, frame) => {
    const segment = segmentOf(through, frame);
    const raw = segment?.raw(field) ?? '';
    if (!segment || (extentOf(raw) !== TEXT && raw.trim() === '')) return;
    if (segment.isDelete(field)) {
      if (!source || (condition && !condition(frame, undefined))) return;
      if (path.instance === undefined && target === frame.instance.resource)
        deleteElement(path.steps, new Place(segment, field, 1), frame, sources);
      return;
    }
    const last = isOne ? first : segment.repetitions(field);
    for (let repetition = first; repetition <= last; repetition++) {
      const place = new Place(segment, field, repetition);
      if (!place.deleted) once(target, frame, place, repetition);
    }
  };
}

/** For the resource that the row names, and only where it has what the row wants and lacks what it doesn't. */
function aimed(work: Work, path: Path, present: string | undefined, absent: string | undefined): Work {
  const { instance } = path;
  if (instance === undefined && present === undefined && absent === undefined) return work;
  const isPresent = present === undefined ? undefined : compilePresence(present);
  const isAbsent = absent === undefined ? undefined : compilePresence(absent);
  return (given, frame, at, repetition) => {
    const target = instance === undefined ? given : targetOf(instance, frame);
    if (!target || isAbsent?.(target) === true || isPresent?.(target) === false) return;
    work(target, frame, at, repetition);
  };
}

/** Whether an element is there: `value*` is all forms of a choice element, `response.identifier` a part, `name.1` the second of an array. */
function compilePresence(path: string): (target: Element) => boolean {
  const [name = '', ...parts] = path.split('.');
  if (parts.length > 0) {
    const isWithin = compilePresence(parts.join('.'));
    return (target) => target[name] !== undefined && isWithin(target[name] as Element);
  }
  if (!name.endsWith('*')) return (target) => target[name] !== undefined;
  const stem = name.slice(0, -1);
  return (target) => {
    for (const key in target) if (key.startsWith(stem)) return true;
    return false;
  };
}

function targetOf(name: string, frame: Frame): Element | undefined {
  const found = instancesOf(name, frame);
  return found.length === 1 ? found[0]!.resource : undefined;
}
