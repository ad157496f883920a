// SPDX-License-Identifier: Apache-2.0
import { Hl7Error } from '../hl7/errors.ts';
import type { Message } from '../hl7/message.ts';

/** What is to become of messages for training and debugging (T and D of HL7 table 0103). */
export type TestMessages = 'apart' | 'refused';

/** HL7 table 0103: production, training, debugging. */
const PROCESSING_IDS = new Set(['P', 'T', 'D']);
const VERSION = /^2\.[1-9](\.[1-9])?$/;
/** HL7 v2.9 §2.9.2.2 asks to refuse for type, processing id and version before anything else is looked at: AR, not AE. */
const REFUSING = new Set(['200', '201', '202', '203']);

/** Whether an error means that the message is refused whole (AR) rather than kept as a dead letter (AE). */
export function refuses(error: Hl7Error): boolean {
  return REFUSING.has(error.code);
}

/** What is wrong with a header, if anything: without a control id no answer could name the message, and it couldn't be known again. */
export function headerError(message: Message, tests: TestMessages): Hl7Error | undefined {
  const { header } = message;
  const missing = ([10, 9, 11, 12] as const).find((field) => header.value(field) === '');
  if (missing !== undefined) return new Hl7Error('101', `MSH-${missing} is missing`, msh(missing));
  if (!PROCESSING_IDS.has(header.value(11))) {
    return new Hl7Error('202', 'MSH-11 is not P, T or D', msh(11));
  }
  if (tests === 'refused' && message.isTest)
    return new Hl7Error('202', 'MSH-11 is not P: only messages of production are taken here', msh(11));
  if (!VERSION.test(header.value(12))) {
    return new Hl7Error('203', 'MSH-12 is no version 2.1 to 2.9', msh(12));
  }
  return undefined;
}

const msh = (field: number) => ({ segment: 'MSH', sequence: 1, field });
