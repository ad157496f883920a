// SPDX-License-Identifier: Apache-2.0
import type { ContractError } from '@mooring/chaincode/errors';
import { LedgerError, type LedgerErrorCode } from '../ledger.ts';
import { backoffMs } from './deadlines.ts';
import type { Failure } from './errors.ts';

interface Outcome {
  /** How often it is met with another try, and the first and longest pause before one, in milliseconds. */
  readonly again?: readonly [tries: number, first: number, longest: number];
  readonly code: LedgerErrorCode;
  readonly words: string;
}

const OUTCOMES: Readonly<Record<Exclude<Failure['kind'], 'refused'>, Outcome>> = {
  broken: { code: 'CONTRACT_FAILED', words: 'failed' },
  invalid: { code: 'COMMIT_FAILED', words: 'was not accepted' },
  tooLarge: { code: 'TOO_LARGE', words: 'is too large' },
  // Each try is made from the newest state, so only a key that many want at once comes near this.
  conflict: { again: [25, 20, 500], code: 'MVCC_CONFLICT', words: 'read what others wrote, again and again' },
  // Peers learn of a block one after the other: most disagreements are over in milliseconds.
  disagreed: {
    again: [9, 25, 1_000],
    code: 'UNAVAILABLE',
    words: 'was not endorsed by enough organizations',
  },
  busy: { again: [10, 50, 1_000], code: 'UNAVAILABLE', words: 'found the peers busy' },
  // All peers of the organization have been asked before this is found.
  away: { again: [1, 200, 200], code: 'UNAVAILABLE', words: 'reached no peer' },
  unable: { again: [3, 100, 500], code: 'UNAVAILABLE', words: 'could not be done by any peer' },
};

/** After so many disagreements the organizations that endorse are chosen, so that one that lags or lies is left out. */
const PATIENT_DISAGREEMENTS = 3;

export interface NextTry {
  readonly afterMs: number;
  /** Take other endorsers than the gateway would. */
  readonly chooseEndorsers: boolean;
}

/**
 * The one place that knows which failures are worth repeating. `tries`: how often this kind was met before, for this transaction;
 * `what`: its name, for the error.
 */
export function nextTry(failure: Failure, tries: number, what: string): NextTry | LedgerError {
  if (failure.kind === 'refused') return refusedAs(failure.refusal);
  const { again: [most, first, longest] = [0, 0, 0], code, words } = OUTCOMES[failure.kind];
  if (tries < most) {
    const chooseEndorsers =
      failure.kind === 'disagreed' && (failure.withoutOwn || tries + 1 >= PATIENT_DISAGREEMENTS);
    return { afterMs: backoffMs(tries, first, longest), chooseEndorsers };
  }
  // Others that still refuse after so long don't lag: they know better.
  if (failure.kind === 'disagreed' && failure.refusal) return refusedAs(failure.refusal);
  return new LedgerError(code, `${what} ${words}${'why' in failure ? `: ${failure.why}` : ''}`);
}

/** Without a cause: what a peer hands on of a chaincode's error may quote what it was given. */
function refusedAs({ code, message }: ContractError): LedgerError {
  return new LedgerError(code, message);
}
