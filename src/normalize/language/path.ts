// SPDX-License-Identifier: Apache-2.0

import { MOORING_BASE } from '../../fhir/resource.ts';
import type { Element } from '../element.ts';
import { MappingError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import { interned } from '../interned.ts';

/**
 * One step of a path to an element:
 *
 * - `period`: an element
 * - `name[]`: a new member of an array
 * - `participant[attending]`: the member that rows of this application call so, one for each repetition of the field
 * - `contact[kin*]`: the same, one for all repetitions of the field
 * - `reaction[.]`: the first member, made when there is none
 * - `extension{patient-religion}`: the extension of that URL; a short one is below http://hl7.org/fhir/StructureDefinition/,
 *   one that begins with `~` is our own
 */
export interface Step {
  readonly name: string;
  readonly kind: 'element' | 'new' | 'label' | 'first' | 'extension';
  /** One member for all repetitions of the field. */
  readonly shared: boolean;
  /** Label, or URL of the extension. */
  readonly label: string;
  /** Under which the member of the first repetition is known. */
  readonly key: string;
}

export interface Path {
  /** Name of another resource, for `@report.result[]`; absent: the one that the map is for. */
  readonly instance?: string;
  readonly steps: readonly Step[];
}

const STEP = /^(_?[A-Za-z][A-Za-z0-9]*)(?:\[([a-z0-9.-]*\*?)\]|\{([^}]+)\})?$/;
const CORE_EXTENSIONS = 'http://hl7.org/fhir/StructureDefinition/';

export function readPath(text: string): Path {
  const parts = text.match(/(?:\{[^}]*\}|[^.{[]|\[[^\]]*\])+/g) ?? [];
  const instance = parts[0]?.startsWith('@') ? parts.shift()!.slice(1) : undefined;
  const steps = parts.map((part, index): Step => {
    const [, name, label, url] = STEP.exec(part) ?? [];
    if (name === undefined) throw new MappingError(`${text} is no path: ${part} is no element`);
    // The parts of an extension that has parts (citizenship, animal, …) are named by a bare word.
    if (url !== undefined)
      return stepTo(
        name,
        'extension',
        url.includes(':') || isPart(name, parts[index - 1]) ? url : extensionUrl(url),
      );
    if (label === undefined) return stepTo(name, 'element', '');
    if (label === '') return stepTo(name, 'new', '');
    return stepTo(name, label === '.' ? 'first' : 'label', label);
  });
  if (steps.length === 0) throw new MappingError(`${text} names no element`);
  return instance === undefined ? { steps } : { instance, steps };
}

function stepTo(name: string, kind: Step['kind'], label: string): Step {
  const shared = kind === 'label' && label.endsWith('*');
  return { name: interned(name), kind, label, shared, key: interned(`${name} ${label}`) };
}

const OWN_EXTENSIONS = `${MOORING_BASE}/StructureDefinition/`;

function isPart(name: string, before: string | undefined): boolean {
  return name !== 'extension' || before?.startsWith('extension{') === true;
}

function extensionUrl(name: string): string {
  return name.startsWith('~') ? OWN_EXTENSIONS + name.slice(1) : CORE_EXTENSIONS + name;
}

/** The element that a step leads to from a container; made when it isn't there and `make` says so. */
export function follow(
  container: Element,
  step: Step,
  frame: Frame,
  repetition: number,
  make: boolean,
): Element | undefined {
  const { name, kind } = step;
  if (kind === 'element') {
    const found = container[name] as Element | undefined;
    if (found !== undefined || !make) return found;
    const made: Element = {};
    container[name] = made;
    return made;
  }
  const known = existingMember(container, step, frame, repetition);
  if (known || !make) return known;
  const made: Element = kind === 'extension' ? { url: step.label } : {};
  attach(container, step, made, frame, repetition);
  return made;
}

function existingMember(
  container: Element,
  step: Step,
  frame: Frame,
  repetition: number,
): Element | undefined {
  if (step.kind === 'new') return undefined;
  if (step.kind === 'first') return (container[step.name] as Element[] | undefined)?.[0];
  return frame.labelled(container, keyOf(step, repetition));
}

/** Puts a finished element where the last step of a path says. */
export function attach(
  container: Element,
  step: Step,
  element: Element,
  frame: Frame,
  repetition: number,
): void {
  const { name, kind } = step;
  if (kind === 'element') {
    container[name] = element;
    return;
  }
  const members = container[name] as Element[] | undefined;
  if (members) members.push(element);
  else container[name] = [element];
  if (kind !== 'label' && kind !== 'extension') return;
  frame.label(container, keyOf(step, repetition), element);
}

function keyOf({ key, shared }: Step, repetition: number): string {
  return shared || repetition === 1 ? key : `${key} ${repetition}`;
}

/** The container of a path's last element, made on the way when `make` says so. */
export function containerOf(
  root: Element,
  steps: readonly Step[],
  frame: Frame,
  repetition: number,
  make: boolean,
): Element | undefined {
  let container = root;
  for (let index = 0; index < steps.length - 1; index++) {
    const next = follow(container, steps[index]!, frame, repetition, make);
    if (!next) return undefined;
    container = next;
  }
  return container;
}
