// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../../fhir/outcome.ts';
import { StoreError } from '../../store/errors.ts';
import {
  HL7_ERROR_TEXTS,
  Hl7Error,
  type Hl7ErrorCode,
  type Hl7Location,
  printLocation,
} from '../hl7/errors.ts';
import { InboxError } from './errors.ts';
import type { Failure } from './table.ts';

/** A version or condition that didn't hold, or a store that is busy: another try may go well. */
const PASSING_STATUS = new Set([409, 412, 423, 429, 500, 502, 503, 504]);

/** Why trying again is of no use; `undefined` when it may be, as with a database that is away. Codes and places only. */
export function permanentFailure(error: unknown): Failure | undefined {
  if (error instanceof Hl7Error) return failureOf(error);
  if (error instanceof FhirError && !PASSING_STATUS.has(error.status)) {
    const location = error.issues[0]?.expression;
    return { code: `FHIR_${error.status}`, ...(location ? { location } : {}) };
  }
  if (error instanceof InboxError) return { code: error.code };
  // A patient whose key was destroyed, or a record that no longer opens: time heals neither.
  if (error instanceof StoreError && error.code !== 'CLOSED') return { code: error.code };
  // A fault of the program meets the same message the same way each time.
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) {
    return { code: 'INTERNAL' };
  }
  return undefined;
}

/** The last word on a message whose tries have run out. */
export function lastFailure(error: unknown): Failure {
  return permanentFailure(error) ?? { code: codeOf(error) };
}

/** A code that is safe to log and to keep: short, and made of letters, digits and `_`. */
export function codeOf(error: unknown): string {
  const code = String((error as { code?: unknown } | undefined)?.code ?? '');
  if (/^\w{1,40}$/.test(code)) return code;
  return error instanceof FhirError ? `FHIR_${error.status}` : 'INTERNAL';
}

export function failureOf(error: Hl7Error): Failure {
  return { code: error.code, ...(error.location ? { location: printLocation(error.location) } : {}) };
}

/** The failure in the language of ERR segments: what is not in HL7 table 0357 is an internal error there. */
export function hl7ErrorOf(failure: Failure): Hl7Error {
  if (!isHl7Code(failure.code)) return new Hl7Error('207', 'the message was kept but could not be processed');
  const location = failure.location === undefined ? undefined : readLocation(failure.location);
  return new Hl7Error(failure.code, 'the message was kept but could not be processed', location);
}

const isHl7Code = (code: string): code is Hl7ErrorCode => Object.hasOwn(HL7_ERROR_TEXTS, code);

const LOCATION = /^([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\[(\d+)\])?(?:\.(\d+)(?:\.(\d+))?)?)?$/;

/** Reads what `printLocation` wrote. */
function readLocation(text: string): Hl7Location | undefined {
  const parts = LOCATION.exec(text);
  if (!parts?.[1]) return undefined;
  const [, segment, sequence, field, repetition, component, subcomponent] = parts;
  return {
    segment,
    sequence: Number(sequence ?? 1),
    ...(field ? { field: Number(field), repetition: Number(repetition ?? 1) } : {}),
    ...(component ? { component: Number(component) } : {}),
    ...(subcomponent ? { subcomponent: Number(subcomponent) } : {}),
  };
}
