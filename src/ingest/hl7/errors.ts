// SPDX-License-Identifier: Apache-2.0

/** HL7 table 0357 (message error condition codes), with the text that its code system gives them. */
export const HL7_ERROR_TEXTS = {
  '100': 'Segment sequence error',
  '101': 'Required field missing',
  '102': 'Data type error',
  '103': 'Table value not found',
  '200': 'Unsupported message type',
  '201': 'Unsupported event code',
  '202': 'Unsupported processing id',
  '203': 'Unsupported version id',
  '204': 'Unknown key identifier',
  '205': 'Duplicate key identifier',
  '206': 'Application record locked',
  '207': 'Application internal error',
} as const;

export type Hl7ErrorCode = keyof typeof HL7_ERROR_TEXTS;

/** Where in a message an error is, counted from 1 as HL7 counts: the components of ERR-2 (data type ERL). */
export interface Hl7Location {
  readonly segment: string;
  /** Which segment of that name. */
  readonly sequence: number;
  readonly field?: number;
  readonly repetition?: number;
  readonly component?: number;
  readonly subcomponent?: number;
}

/**
 * A message that can't be taken as it is. The text goes back to the sender and into logs: it says what is wrong and where,
 * and never repeats a value of the message.
 */
export class Hl7Error extends Error {
  override readonly name = 'Hl7Error';
  readonly code: Hl7ErrorCode;
  readonly location?: Hl7Location;

  constructor(code: Hl7ErrorCode, message: string, location?: Hl7Location, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    if (location) this.location = location;
  }

  /** The same error at the place where the caller met it; a place that is already known stays. */
  at(location: Hl7Location): Hl7Error {
    return this.location ? this : new Hl7Error(this.code, this.message, location, { cause: this });
  }
}

/** `PID-3[2].4`, as people write places in a message. */
export function printLocation(location: Hl7Location): string {
  const { segment, sequence, field, repetition, component, subcomponent } = location;
  let text = sequence > 1 ? `${segment}[${sequence}]` : segment;
  if (field !== undefined) text += `-${field}`;
  if (repetition !== undefined && repetition > 1) text += `[${repetition}]`;
  if (component !== undefined) text += `.${component}`;
  if (subcomponent !== undefined) text += `.${subcomponent}`;
  return text;
}
