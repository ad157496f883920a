// SPDX-License-Identifier: Apache-2.0
import { MappingError } from '../errors.ts';
import type { Scene } from '../frame.ts';
import type { Group } from '../grammar/group.ts';
import type { Place } from '../place.ts';
import {
  instancesOf,
  isValued,
  placeOf,
  type Reference,
  readReference,
  segmentOf,
  textsOf,
} from './reference.ts';

export interface Condition {
  (frame: Scene, at: Place | undefined): boolean;
  /** Each of them must hold, of the segment at hand, for the condition to hold. */
  readonly tests?: readonly FieldTest[];
  /** The only one of them is all that the condition asks. */
  readonly isTest?: boolean;
}

/** What a condition asks of one field, be it what its first repetition says or how many there are. */
export interface FieldTest {
  readonly segment: string;
  readonly field: number;
  readonly of: 'text' | 'count';
  readonly passes: (found: string | number) => boolean;
}

/** What a site has decided of what the guide leaves to it. Throws MappingError for a choice that nobody has to make. */
export type Choices = (name: string) => boolean;

const TOKEN = /\s*("(?:[^"])*"|!=|<=|>=|[=<>(),]|[^\s"=<>(),!]+)/y;

/**
 * The conditions of rows, made into functions:
 *
 *     PV1-2 = "P"          PID-3[].5 in ("MR", "PI")      PV1-45        (it has a value)
 *     not ORC-2            PID-7 longer 8                 count OBX-5 > 1
 *     ORC-2 same OBR-2     (both fields say the same)
 *     a and b or not (c)   @order                         (a resource of that name exists)
 *     below SPM                                           (such a segment or group stands in this group, or in one that it has)
 *     below TIMING_ENCODED of ORDER                       (it stands in the group of that name that this one lies in)
 *     first TIMING                                        (the group of that name is the first of its kind)
 *     $nicknames                                          (a choice of `choices.yaml`)
 */
export function compileCondition(text: string, choices: Choices): Condition {
  const tokens = tokensOf(text);
  let next = 0;
  const take = () => tokens[next++];
  const accept = (token: string) => tokens[next] === token && ++next > 0;
  const expect = (token: string) => {
    if (!accept(token))
      throw new MappingError(`condition ${text}: expected ${token} before ${tokens[next] ?? 'its end'}`);
  };

  function either(): Condition {
    let left = both();
    while (accept('or')) {
      const [first, second] = [left, both()];
      left = (frame, at) => first(frame, at) || second(frame, at);
    }
    return left;
  }

  function both(): Condition {
    let left = single();
    while (accept('and')) {
      const [first, second] = [left, single()];
      left = Object.assign((frame: Scene, at: Place | undefined) => first(frame, at) && second(frame, at), {
        tests: [...(first.tests ?? []), ...(second.tests ?? [])],
      });
    }
    return left;
  }

  function single(): Condition {
    if (accept('not')) {
      return not(single());
    }
    if (accept('(')) {
      const inner = either();
      expect(')');
      return inner;
    }
    if (accept('count')) return counted(readReference(take() ?? ''));
    if (accept('below')) {
      const name = take() ?? '';
      const around = accept('of') ? (take() ?? '') : undefined;
      return ({ group }) => {
        const within = around === undefined ? group : group.enclosing(around);
        return within !== undefined && standsBelow(within, name);
      };
    }
    if (accept('first')) {
      const name = take() ?? '';
      return ({ group }) => group.enclosing(name)?.isFirst === true;
    }
    return compared(take() ?? '');
  }

  function counted(reference: Reference): Condition {
    const operator = take();
    const limit = Number(take());
    const test = COMPARE[operator ?? ''];
    if (!test || !Number.isInteger(limit))
      throw new MappingError(`condition ${text}: expected a number to compare with`);
    const passes = (count: string | number) => test(Number(count), limit);
    return Object.assign(
      (frame: Scene) => passes(segmentOf(reference, frame)?.repetitions(reference.field) ?? 0),
      testOf(reference, 'count', passes),
    );
  }

  function compared(operand: string): Condition {
    if (operand.startsWith('$')) {
      const chosen = choices(operand.slice(1));
      return () => chosen;
    }
    if (operand.startsWith('@')) {
      const name = operand.slice(1);
      return (frame) => instancesOf(name, frame).length > 0;
    }
    const reference = readReference(operand);
    if (accept('in')) {
      expect('(');
      const wanted = new Set<string>();
      do wanted.add(literal(take()));
      while (accept(','));
      expect(')');
      return someText(reference, (one) => wanted.has(one));
    }
    if (accept('same')) {
      const other = readReference(take() ?? '');
      return (frame) => saidAt(reference, frame) === saidAt(other, frame);
    }
    if (accept('longer')) {
      const length = Number(take());
      return someText(reference, (one) => one.length > length);
    }
    if (accept('=')) {
      const wanted = literal(take());
      return someText(reference, (one) => one === wanted);
    }
    if (accept('!=')) {
      const unwanted = literal(take());
      return not(someText(reference, (one) => one === unwanted));
    }
    return (frame, at) => isValued(reference, frame, at);
  }

  function literal(token: string | undefined): string {
    if (!token?.startsWith('"'))
      throw new MappingError(`condition ${text}: expected a value in quotes, not ${token}`);
    return token.slice(1, -1);
  }

  const condition = either();
  if (next < tokens.length) throw new MappingError(`condition ${text}: ${tokens[next]} is out of place`);
  return condition;
}

/** Whether one of the texts that a reference stands for passes a test. */
function someText(reference: Reference, test: (text: string) => boolean): Condition {
  if (reference.repetition === 'any') return (frame, at) => textsOf(reference, frame, at).some(test);
  const component = reference.component || 1;
  const subcomponent = reference.subcomponent || 1;
  return Object.assign(
    (frame: Scene, at: Place | undefined) => {
      const place = placeOf(reference, frame, at);
      return place !== undefined && test(place.peek(component, subcomponent));
    },
    testOf(reference, 'text', test as FieldTest['passes']),
  );
}

function testOf(reference: Reference, of: FieldTest['of'], passes: FieldTest['passes']) {
  const { segment, field, repetition = 1, component, subcomponent } = reference;
  if (segment === undefined || repetition !== 1 || component > 1 || subcomponent > 1) return {};
  return { tests: [{ segment, field, of, passes }], isTest: true };
}

function not(inner: Condition): Condition {
  const turned = inner.isTest
    ? inner.tests?.map((test): FieldTest => ({ ...test, passes: (found) => !test.passes(found) }))
    : undefined;
  return Object.assign(
    (frame: Scene, at: Place | undefined) => !inner(frame, at),
    turned ? { tests: turned, isTest: true } : {},
  );
}

function standsBelow(group: Group, name: string): boolean {
  return (
    group.placed.some((one) => one.segment.name === name) ||
    group.children.some((child) => child.position.name === name || standsBelow(child, name))
  );
}

/** What a field, as it was sent in its first repetition, or a component of it says. */
function saidAt(reference: Reference, scene: Scene): string {
  if (reference.component > 0) return textsOf(reference, scene, undefined)[0] ?? '';
  return segmentOf(reference, scene)?.whole(reference.field) ?? '';
}

const COMPARE: Readonly<Record<string, (count: number, limit: number) => boolean>> = {
  '=': (count, limit) => count === limit,
  '!=': (count, limit) => count !== limit,
  '<': (count, limit) => count < limit,
  '>': (count, limit) => count > limit,
  '<=': (count, limit) => count <= limit,
  '>=': (count, limit) => count >= limit,
};

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) {
      if (text.slice(at).trim() === '') break;
      throw new MappingError(`condition ${text}: ${text.slice(at)} can't be read`);
    }
    tokens.push(match[1]!);
  }
  return tokens;
}
