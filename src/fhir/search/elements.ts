// SPDX-License-Identifier: Apache-2.0

interface Step {
  readonly name: string;
  /** `telecom(system=phone)`: only those whose member has this value. */
  readonly only?: readonly [member: string, value: string];
}

const STEP = /^(\w+)(?:\((\w+)=([^)]+)\))?$/;
const compiled = new Map<string, readonly Step[]>();

/** All values at a path of elements, such as those of the search parameter tables, arrays flattened; never null. */
export function valuesAt(resource: object, path: string): unknown[] {
  let steps = compiled.get(path);
  if (!steps) {
    steps = path.split('.').map(readStep);
    compiled.set(path, steps);
  }
  const found: unknown[] = [];
  collect(resource, steps, 0, found);
  return found;
}

function collect(value: unknown, steps: readonly Step[], depth: number, found: unknown[]): void {
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) {
    for (const member of value) collect(member, steps, depth, found);
    return;
  }
  const previous = steps[depth - 1]?.only;
  if (previous && (value as Record<string, unknown>)[previous[0]] !== previous[1]) return;
  const step = steps[depth];
  if (!step) found.push(value);
  else if (typeof value === 'object' && Object.hasOwn(value, step.name)) {
    collect((value as Record<string, unknown>)[step.name], steps, depth + 1, found);
  }
}

function readStep(text: string): Step {
  const [, name, member, value] = STEP.exec(text) ?? [];
  if (name === undefined) throw new TypeError(`${text} is no step of an element path`);
  return member && value ? { name, only: [member, value] } : { name };
}
