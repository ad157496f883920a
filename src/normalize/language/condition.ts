// SPDX-License-Identifier: Apache-2.0
import { readTimestamp, type Timestamp } from '../../ingest/hl7/timestamp.ts';
import { MappingError } from '../errors.ts';
import type { Scene } from '../frame.ts';
import type { Group } from '../grammar/group.ts';
import type { Place } from '../place.ts';
import {
  instancesOf,
  isValued,
  type Reference,
  readReference,
  segmentOf,
  textAt,
  textsOf,
} from './reference.ts';

export interface Condition {
  (frame: Scene, at: Place | undefined): boolean;
  /** What it asks of the message. Absent: it also asks what has become of it so far (`@order`), which the next row may change. */
  readonly asks?: readonly Ask[];
  /** Each of them must hold for it to hold. Absent: it is not made of such parts. */
  readonly all?: readonly Condition[];
}

/** A question about what was sent. Whatever asks it gets the same answer, where the same is at hand. */
export interface Ask {
  /** As it is written: the same words are the same question. */
  readonly text: string;
  /** What has to be read for it, where that alone decides. */
  readonly reads: readonly Reference[];
  readonly holds: (frame: Scene, at: Place | undefined) => boolean;
  /** It asks whether anything stands there. */
  readonly whether?: true;
  /** It asks whether the text there is one of these. */
  readonly words?: readonly string[];
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
 *     PV1-45 is time       (it can be read as one)
 *     PV1-44 is time of day (with hour and minute, which aren't a midnight that stands for a date)
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
      left = combined([first, second], (frame, at) => first(frame, at) || second(frame, at));
    }
    return left;
  }

  function both(): Condition {
    let left = single();
    while (accept('and')) {
      const [first, second] = [left, single()];
      left = combined([first, second], (frame, at) => first(frame, at) && second(frame, at), {
        all: [...(first.all ?? [first]), ...(second.all ?? [second])],
      });
    }
    return left;
  }

  function single(): Condition {
    if (accept('not')) {
      const inner = single();
      return combined([inner], (frame, at) => !inner(frame, at));
    }
    if (accept('(')) {
      const inner = either();
      expect(')');
      return inner;
    }
    if (tokens[next]?.startsWith('$')) {
      const chosen = choices(take()!.slice(1));
      return combined([], () => chosen);
    }
    const start = next;
    const { holds, ...asked } = question(take() ?? '');
    return asked.reads ? asking({ text: tokens.slice(start, next).join(' '), holds, ...asked }) : holds;
  }

  function question(word: string): Question | Unsent {
    if (word === 'count') return counted(readReference(take() ?? ''));
    if (word === 'below') {
      const name = take() ?? '';
      const around = accept('of') ? (take() ?? '') : undefined;
      return sent(({ group }) => {
        const within = around === undefined ? group : group.enclosing(around);
        return within !== undefined && standsBelow(within, name);
      });
    }
    if (word === 'first') {
      const name = take() ?? '';
      return sent(({ group }) => group.enclosing(name)?.isFirst === true);
    }
    if (word.startsWith('@')) {
      const name = word.slice(1);
      return { holds: (frame) => instancesOf(name, frame).length > 0 };
    }
    return compared(readReference(word));
  }

  function counted(reference: Reference): Question {
    const operator = take();
    const limit = Number(take());
    const test = COMPARE[operator ?? ''];
    if (!test || !Number.isInteger(limit))
      throw new MappingError(`condition ${text}: expected a number to compare with`);
    // All repetitions count, whichever is at hand.
    const all: Reference = { ...reference, repetition: 'any' };
    return sent((frame) => test(segmentOf(all, frame)?.repetitions(all.field) ?? 0, limit), all);
  }

  function compared(reference: Reference): Question {
    if (accept('in')) {
      expect('(');
      const wanted = new Set<string>();
      do wanted.add(literal(take()));
      while (accept(','));
      expect(')');
      return oneOf(wanted, reference);
    }
    if (accept('same')) {
      const other = readReference(take() ?? '');
      return sent((frame) => saidAt(reference, frame) === saidAt(other, frame));
    }
    if (accept('is')) {
      expect('time');
      if (!accept('of')) return someText(reference, (one) => timeOf(one) !== undefined);
      expect('day');
      return someText(reference, isTimeOfDay);
    }
    if (accept('longer')) {
      const length = Number(take());
      return someText(reference, (one) => one.length > length);
    }
    if (accept('=')) {
      const wanted = literal(take());
      return oneOf(new Set([wanted]), reference);
    }
    if (accept('!=')) {
      const unwanted = literal(take());
      const { holds, ...asked } = oneOf(new Set([unwanted]), reference);
      return { ...asked, holds: (frame, at) => !holds(frame, at) };
    }
    return { ...sent((frame, at) => isValued(reference, frame, at), reference), whether: true };
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

type Question = Omit<Ask, 'text'>;

/** Not only what was sent decides. */
type Unsent = Pick<Ask, 'holds'> & { readonly reads?: undefined };

function sent(holds: Ask['holds'], ...reads: readonly Reference[]): Question {
  return { holds, reads };
}

function asking(ask: Ask): Condition {
  const { holds } = ask;
  const condition: Condition = (frame, at) => holds(frame, at);
  return Object.assign(condition, { asks: [ask] });
}

function combined(
  parts: readonly Condition[],
  condition: Condition,
  more: Pick<Condition, 'all'> = {},
): Condition {
  const asks = parts.flatMap((part) => part.asks ?? []);
  return Object.assign(condition, more, parts.every((part) => part.asks) ? { asks } : {});
}

function oneOf(words: ReadonlySet<string>, reference: Reference): Question {
  const question = someText(reference, (text) => words.has(text));
  return reference.repetition === 'any' ? question : { ...question, words: [...words] };
}

/** Whether one of the texts that a reference stands for passes a test. */
function someText(reference: Reference, test: (text: string) => boolean): Question {
  if (reference.repetition === 'any')
    return sent((frame, at) => textsOf(reference, frame, at).some(test), reference);
  return sent((frame, at) => {
    const text = textAt(reference, frame, at);
    return text !== undefined && test(text);
  }, reference);
}

function timeOf(text: string): Timestamp | undefined {
  if (text === '') return undefined; // most often, and an error would cost more
  try {
    return readTimestamp(text);
  } catch {
    return undefined;
  }
}

function isTimeOfDay(text: string): boolean {
  const { hour, minute, second = '' } = timeOf(text) ?? {};
  return minute !== undefined && Number(`${hour}${minute}${second}`) > 0;
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
