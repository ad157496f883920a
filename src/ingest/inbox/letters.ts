// SPDX-License-Identifier: Apache-2.0
import type { Keyring } from '../../store/keys/keyring.ts';
import { type Db, sql } from '../../store/sql/database.ts';
import type { AcknowledgementCondition } from '../ack.ts';
import { ENVELOPE, type Envelope, type EnvelopeRow, envelopeOf, instant, type Status } from './envelope.ts';
import { keyContext, unseal } from './seal.ts';
import type { Failure } from './table.ts';

/** One message as the inbox keeps it, without its content. */
export interface Letter extends Envelope {
  readonly answerCode: string;
  readonly application?: AcknowledgementCondition;
  readonly attempts: number;
  /** When it was processed, or found dead. */
  readonly endedAt?: string;
  readonly failure?: Failure;
  readonly replays?: string;
  readonly replayedBy?: string;
}

interface LetterRow extends EnvelopeRow {
  answer_code: string;
  application_answer: AcknowledgementCondition | null;
  attempts: number;
  ended_at: Date | string | null;
  reason_code: string | null;
  reason_location: string | null;
  replays: string | null;
  replayed_by: string | null;
}

const COLUMNS = sql`${ENVELOPE}, answer_code, application_answer, attempts,
  coalesce(processed_at, failed_at) as ended_at, reason_code, reason_location, replays, replayed_by`;

export async function readLetter(db: Db, id: string): Promise<Letter | undefined> {
  const found = await sql<LetterRow>`select ${COLUMNS} from inbox where id = ${id}`.execute(db);
  return found.rows[0] && letterOf(found.rows[0]);
}

/** Dead letters in the order of their arrival; those replayed already only on demand. */
export async function listDead(
  db: Db,
  options: { readonly after: string; readonly limit: number; readonly replayed: boolean },
): Promise<Letter[]> {
  const found = await sql<LetterRow>`select ${COLUMNS} from inbox where status = 'dead'
    and (replayed_by is null or ${options.replayed}::boolean)
    and inbox.arrival > ${options.after}::text::bigint order by inbox.arrival limit ${options.limit}::int`.execute(
    db,
  );
  return found.rows.map(letterOf);
}

/** The message as it came, and the answer it got at once. */
export async function openLetter(
  db: Db,
  keyring: Keyring,
  id: string,
): Promise<{ bytes: Buffer; answer?: Buffer } | undefined> {
  const found = await sql<{ content: Uint8Array; content_key: Uint8Array; answer: Uint8Array | null }>`
    select content, content_key, answer from inbox where id = ${id}`.execute(db);
  const row = found.rows[0];
  if (!row) return undefined;
  const key = await keyring.unwrap(row.content_key, keyContext(id));
  const bytes = unseal(key, id, 'message', row.content);
  return row.answer ? { bytes, answer: unseal(key, id, 'answer', row.answer) } : { bytes };
}

/** What became of the values of a message: an OperationOutcome in JSON; undefined when there is no such message, or it was not converted. */
export async function readReport(db: Db, id: string): Promise<string | undefined> {
  const found = await sql<{ report: string | null }>`select report from inbox where id = ${id}`.execute(db);
  return found.rows[0]?.report ?? undefined;
}

/** Ends the processing of a message that can't be processed. Does nothing to one that has ended. */
export async function bury(
  db: Db,
  id: string,
  failure: Failure,
  attempts: number,
  at: number,
): Promise<void> {
  await sql`update inbox set status = 'dead', failed_at = ${new Date(at).toISOString()}::text::timestamptz,
    reason_code = ${failure.code}, reason_location = ${failure.location ?? null}::text, attempts = ${attempts}::int
    where id = ${id} and status = 'received'`.execute(db);
}

/** How many messages have each status, and which fields no mapping row has taken, most frequent first. */
export async function summarize(db: Db): Promise<{
  status: Record<Status, number>;
  unmapped: readonly { field: string; messages: number }[];
}> {
  const counts = await sql<{ status: Status; messages: number }>`
    select status, count(*)::int as messages from inbox group by status`.execute(db);
  const fields = await sql<{ field: string; messages: number }>`
    select field, count(*)::int as messages from inbox cross join unnest(unmapped) as field
    group by field order by messages desc, field limit 200`.execute(db);
  const status = { received: 0, processed: 0, dead: 0 };
  for (const row of counts.rows) status[row.status] = row.messages;
  return { status, unmapped: fields.rows };
}

function letterOf(row: LetterRow): Letter {
  const { reason_code: code, reason_location: location } = row;
  return {
    ...envelopeOf(row),
    answerCode: row.answer_code,
    attempts: row.attempts,
    ...(row.application_answer ? { application: row.application_answer } : {}),
    ...(row.ended_at ? { endedAt: instant(row.ended_at) } : {}),
    ...(code ? { failure: { code, ...(location ? { location } : {}) } } : {}),
    ...(row.replays ? { replays: row.replays } : {}),
    ...(row.replayed_by ? { replayedBy: row.replayed_by } : {}),
  };
}
