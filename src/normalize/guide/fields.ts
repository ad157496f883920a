// SPDX-License-Identifier: Apache-2.0
import type { Unmapped } from '../convert.ts';
import { type Guide, type GuideMessage, type GuidePosition, typesOf } from './guide.ts';
import { markerOf } from './marker.ts';
import { smallestMessage } from './smallest.ts';

/** What becomes of the fields of a segment at one position of a message. */
export interface FieldCoverage {
  readonly message: string;
  /** `PATIENT.PID` */
  readonly position: string;
  readonly mapped: readonly number[];
  /** Only an extension that names the field keeps them. */
  readonly kept: readonly number[];
  /** A rule leaves them out. */
  readonly dropped: readonly number[];
}

/** Converts the text of a message, and lists what no row took. May throw. */
export type Leftover = (message: string) => {
  readonly unmapped: readonly Unmapped[];
  readonly dropped: readonly Unmapped[];
};

/** Tries every field of every segment that the guide maps, alone, in the smallest message that has it. */
export function* probeFields(guide: Guide, leftover: Leftover): Generator<FieldCoverage> {
  for (const message of guide.messages) {
    for (const position of message.positions) {
      const types = typesOf(guide, position.segment);
      if (types.length > 0) yield coverageOf(message, position, types, leftover);
    }
  }
}

function coverageOf(
  message: GuideMessage,
  position: GuidePosition,
  types: readonly string[],
  leftover: Leftover,
): FieldCoverage {
  const { segment, groups } = position;
  const found = { mapped: [] as number[], kept: [] as number[], dropped: [] as number[] };
  for (const [index, type] of types.entries()) {
    const number = index + 1;
    const field = `${segment}-${number}`;
    // What delimits the message can't be tried.
    if (field === 'MSH-1' || field === 'MSH-2') found.dropped.push(number);
    else found[fateOf(field, type)].push(number);
  }
  return { message: message.name, position: [...groups, segment].join('.'), ...found };

  function fateOf(field: string, type: string): 'mapped' | 'kept' | 'dropped' {
    const event = `${message.events[0]}^${message.name}`;
    const { written } = markerOf(type, 4711);
    const values = field === 'MSH-9' ? [] : [{ field, value: written }];
    const sent = smallestMessage(message, event, position, values);
    const number = Number(field.split('-')[1]);
    const isThis = (leaf: Unmapped) => leaf.segment === segment && leaf.field === number;
    try {
      const { unmapped, dropped } = leftover(sent);
      if (unmapped.some(isThis)) return 'kept';
      return dropped.some(isThis) ? 'dropped' : 'mapped';
    } catch {
      return 'kept'; // a message that fails is kept as a whole
    }
  }
}
