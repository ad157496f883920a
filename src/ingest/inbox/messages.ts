// SPDX-License-Identifier: Apache-2.0
import type { Issue } from '../../fhir/outcome.ts';
import type { Keyring } from '../../store/keys/keyring.ts';
import { type Db, sql } from '../../store/sql/database.ts';
import type { Store } from '../../store/store.ts';
import { lookedAt } from './dead-letters.ts';
import { ENVELOPE, type Envelope, type EnvelopeRow, envelopeOf } from './envelope.ts';
import { InboxError } from './errors.ts';
import { openLetter } from './letters.ts';

/** A message of the inbox in a list: what became of it, without its content. */
export interface Listed extends Envelope {
  /** Of the report: how many things were wrong in it, and how many fields only extensions keep. */
  readonly warnings: number;
  readonly kept: number;
}

export interface KeptMessages {
  /** The newest first; those that follow an arrival in that order. */
  list(options?: {
    readonly after?: string | undefined;
    readonly limit?: number;
  }): Promise<readonly Listed[]>;
  /** The message as it came. That somebody looked is audited first. Throws InboxError. */
  open(id: string): Promise<Buffer>;
}

const MAX_LIST = 100;
/** Above all arrivals: the largest bigint of PostgreSQL. */
const LAST = '9223372036854775807';

export interface MessagesOptions {
  readonly db: Db;
  readonly keyring: Keyring;
  readonly store: Store;
  readonly participant: string;
  readonly now: () => number;
}

export function openMessages(options: MessagesOptions): KeptMessages {
  const { db, keyring, store } = options;
  return {
    list: ({ after, limit = 20 } = {}) => listNewest(db, after ?? LAST, Math.min(limit, MAX_LIST)),
    async open(id) {
      const opened = await openLetter(db, keyring, id);
      if (!opened) throw new InboxError('NOT_FOUND', `the inbox has no message ${id}`);
      await store.commit({ changes: [], audit: () => [lookedAt(options, id, 'inbox-message')] });
      return opened.bytes;
    },
  };
}

interface Row extends EnvelopeRow {
  kept: number;
  report: string | null;
}

async function listNewest(db: Db, after: string, limit: number): Promise<Listed[]> {
  const found = await sql<Row>`select ${ENVELOPE}, cardinality(unmapped) as kept, report from inbox
    where inbox.arrival < ${after}::text::bigint
    order by inbox.arrival desc limit ${limit}::int`.execute(db);
  return found.rows.map((row) => ({
    ...envelopeOf(row),
    warnings: warningsOf(row.report),
    kept: row.kept,
  }));
}

function warningsOf(report: string | null): number {
  if (report === null) return 0;
  const { issue } = JSON.parse(report) as { issue: readonly Pick<Issue, 'severity'>[] };
  return issue.filter(({ severity }) => severity !== 'information').length;
}
