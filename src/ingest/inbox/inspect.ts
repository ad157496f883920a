// SPDX-License-Identifier: Apache-2.0
import type { Conversion, Normalizer } from '../../normalize/convert.ts';
import { reportOf } from '../../normalize/output/report.ts';
import { headerLine } from '../hl7/charset.ts';
import { Hl7Error } from '../hl7/errors.ts';
import { type Message, readMessage } from '../hl7/message.ts';
import { readFor } from '../read.ts';
import { headerError, refuses, type TestMessages } from './header.ts';

/** What there is to know about a message before anything is written. */
export type Inspection =
  | { readonly fate: 'accepted'; readonly message: Message; readonly conversion: Conversion }
  /** It can be kept and named, but not processed. `message` may be no more than its header. */
  | { readonly fate: 'failed'; readonly message: Message; readonly error: Hl7Error }
  | { readonly fate: 'refused'; readonly message?: Message; readonly error: Hl7Error };

/** Reads, checks and converts a message; never throws. */
export function inspect(
  bytes: Uint8Array,
  normalizer: Normalizer,
  tests: TestMessages = 'apart',
): Inspection {
  const read = attempt(() => readFor(normalizer, bytes).message);
  const message = read instanceof Hl7Error ? attempt(() => readHeader(bytes)) : read;
  if (message instanceof Hl7Error) return { fate: 'refused', error: read as Hl7Error };
  const wrong = headerError(message, tests);
  if (wrong) return { fate: 'refused', message, error: wrong };
  if (read instanceof Hl7Error) return { fate: 'failed', message, error: read };
  const conversion = attempt(() => normalizer.convert(message));
  if (!(conversion instanceof Hl7Error)) return { fate: 'accepted', message, conversion };
  return { fate: refuses(conversion) ? 'refused' : 'failed', message, error: conversion };
}

/** The header alone, as single bytes: enough to answer a message whose body or character set can't be read. Throws Hl7Error. */
export function readHeader(bytes: Uint8Array): Message {
  return readMessage(headerLine(bytes), '8859/1', 'latin1');
}

/** The fields that no mapping row took, each once: `PID-30`, `ZPI-2`. */
function unmappedFields(conversion: Conversion): string[] {
  return [...new Set(conversion.unmapped.map(({ segment, field }) => `${segment}-${field}`))];
}

/** What the table keeps of a conversion: the fields that no row took, and the whole report. */
export function keptOf(conversion: Conversion): { unmapped: string[]; report: string } {
  return { unmapped: unmappedFields(conversion), report: JSON.stringify(reportOf(conversion)) };
}

function attempt<T>(step: () => T): T | Hl7Error {
  try {
    return step();
  } catch (error) {
    if (error instanceof Hl7Error) return error;
    // A fault of ours: the message is kept, so that it can be replayed when the fault is mended.
    return new Hl7Error('207', 'the message could not be converted', undefined, { cause: error });
  }
}
