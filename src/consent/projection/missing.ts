// SPDX-License-Identifier: Apache-2.0
import type { Ledger } from '../../ledger/ledger.ts';
import { ConsentError } from '../consent.ts';
import type { Subjects } from '../subjects.ts';
import type { Changes } from './changes.ts';
import type { Known } from './known.ts';
import type { Progress } from './progress.ts';
import { readNewest, readVersionTerms } from './read-terms.ts';
import type { ProjectionTables } from './tables.ts';

/** While other instances write, what was read for a link may be overtaken this often. */
const TAKE_OVER_TRIES = 20;

export interface Filling {
  readonly ledger: Ledger;
  readonly subjects: Subjects;
  readonly tables: ProjectionTables;
  readonly known: Known;
  readonly progress: Progress;
  /** Between two blocks. */
  readonly inTurn: <T>(act: () => Promise<T>) => Promise<T>;
  readonly apply: (changes: Partial<Changes>) => void;
}

/** Takes over what the ledger says of a subject that was linked. Throws LedgerError or ConsentError: it stays to be taken over. */
export async function takeOver(subject: string, filling: Filling): Promise<void> {
  const { ledger, subjects, tables, progress, inTurn, apply } = filling;
  for (let tries = 0; tries < TAKE_OVER_TRIES; tries += 1) {
    const ahead = await inTurn(async () => {
      const position = await tables.position();
      // What the own peer is asked must not be older than what the tables have already passed.
      if (position.next > progress.next) return position.next;
      const consents = await readNewest(ledger, subject);
      if (!(await tables.takeOver(subject, consents, position))) return progress.next;
      const linked = await subjects.lookUp(subject);
      if (linked) subjects.learn(linked);
      apply({ consents });
      return undefined;
    });
    if (ahead === undefined) return;
    await progress.seen(ahead - 1n);
  }
  throw new ConsentError('NOT_FRESH', 'the other instances are ahead all the time');
}

/** Asks again for what was not to be had when its block came. */
export async function fillIn(filling: Filling): Promise<void> {
  const { ledger, subjects, tables, known, inTurn, apply } = filling;
  for (const subject of subjects.unloaded()) await takeOver(subject, filling);
  for (const consent of known.withoutTerms()) {
    const terms = await readVersionTerms(ledger, consent, []);
    if (terms === undefined) continue;
    await inTurn(async () => {
      if (!known.withoutTerms().includes(consent)) return;
      await tables.settle(consent, terms);
      apply(terms === 'erased' ? { forgotten: [consent] } : { consents: [{ ...consent, terms }] });
    });
  }
}
