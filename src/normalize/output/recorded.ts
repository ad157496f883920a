// SPDX-License-Identifier: Apache-2.0
import { readTimestamp, toFhirDateTime } from '../../ingest/hl7/timestamp.ts';
import type { Run } from '../run.ts';

/**
 * When the sender recorded what the message says, in epoch milliseconds: EVN-2, else MSH-7 (HL7 v2 §3.4.1, §2.14.9.7). Absent where
 * neither is said to the minute, in a zone that is known.
 */
export function recordedAt({ message, zone }: Run): number | undefined {
  return instantOf(message.segment('EVN')?.value(2), zone) ?? instantOf(message.header.value(7), zone);
}

function instantOf(text: string | undefined, zone: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  try {
    const time = readTimestamp(text);
    if (time.minute === undefined || (time.zone ?? zone) === undefined) return undefined;
    // A leap second is the last of its minute: ECMAScript has none.
    const possible = time.second === '60' ? { ...time, second: '59' } : time;
    const ms = Date.parse(toFhirDateTime(possible, zone));
    return Number.isNaN(ms) ? undefined : ms;
  } catch {
    return undefined; // it is reported where it is mapped
  }
}
