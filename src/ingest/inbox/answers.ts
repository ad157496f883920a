// SPDX-License-Identifier: Apache-2.0

import type { AcknowledgementCode, AcknowledgementCondition, AcknowledgementMode } from '../ack.ts';

/**
 * What became of a message when it arrived: kept to be processed; kept as a dead letter; not kept, because it may never be
 * (`refused`) or couldn't be made durable now (`unavailable`).
 */
export type Fate = 'accepted' | 'failed' | 'refused' | 'unavailable';

export interface Plan {
  /** The acknowledgment that goes out at once; absent: none is wanted. */
  readonly now?: AcknowledgementCode;
  /** When an application acknowledgment follows the processing. */
  readonly later: AcknowledgementCondition;
}

const ORIGINAL = { accepted: 'AA', failed: 'AE', refused: 'AR', unavailable: 'AE' } as const;
const ACCEPT = { accepted: 'CA', failed: 'CA', refused: 'CR', unavailable: 'CE' } as const;

/** Which acknowledgments a message gets. In enhanced mode a dead letter is a CA: the message is in safe keeping, its content failed. */
export function planAnswers(mode: AcknowledgementMode, fate: Fate): Plan {
  if (mode.mode === 'original') return { now: ORIGINAL[fate], later: 'NE' };
  const accept = ACCEPT[fate];
  const kept = accept === 'CA';
  if (wanted(mode.accept, kept)) return { now: accept, later: kept ? mode.application : 'NE' };
  // Who wants no accept acknowledgment learns of a refusal by the application's, as there is nothing to be processed later.
  if (!kept && wanted(mode.application, false)) return { now: ORIGINAL[fate], later: 'NE' };
  return { later: kept ? mode.application : 'NE' };
}

export function wanted(condition: AcknowledgementCondition, success: boolean): boolean {
  switch (condition) {
    case 'AL':
      return true;
    case 'NE':
      return false;
    case 'ER':
      return !success;
    case 'SU':
      return success;
    default:
      return condition satisfies never;
  }
}
