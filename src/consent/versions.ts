// SPDX-License-Identifier: Apache-2.0
import { timeInterval } from '@mooring/chaincode/time';
import type { Ledger } from '../ledger/ledger.ts';
import { readHistory } from './calls.ts';
import type { ConsentHistory } from './history.ts';
import type { Projection } from './projection/projection.ts';

export interface ConsentHistoryOptions {
  readonly ledger: Ledger;
  readonly projection: Projection;
  readonly pseudonym: (text: string) => string;
}

/** From the public facts that the contract keeps of every version. Whose consent it is, the projection knows, until it is erased. */
export function openConsentHistory({
  ledger,
  projection,
  pseudonym,
}: ConsentHistoryOptions): Pick<ConsentHistory, 'history' | 'asOf'> {
  const history: ConsentHistory['history'] = async (consentId) => {
    const known = projection.consent(pseudonym(`Consent/${consentId}`), consentId);
    return known && (await readHistory(ledger, known.subject, known.consent));
  };
  return {
    history,
    async asOf(consentId, time) {
      const until = timeInterval(time).to;
      const versions = await history(consentId);
      return versions?.filter(({ timestamp }) => Date.parse(timestamp) <= until).at(-1);
    },
  };
}
