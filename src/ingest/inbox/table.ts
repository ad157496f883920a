// SPDX-License-Identifier: Apache-2.0
import { type Db, sql } from '../../store/sql/database.ts';
import type { AcknowledgementCondition } from '../ack.ts';
import { InboxError } from './errors.ts';

/** A message on its way into the table, sealed. */
export interface SealedArrival {
  readonly id: string;
  readonly receivedAt: number;
  readonly transport: string;
  readonly sender: Uint8Array;
  readonly controlId: Uint8Array;
  readonly digest: Uint8Array;
  readonly content: Uint8Array;
  readonly contentKey: Uint8Array;
  readonly sizeBytes: number;
  readonly lanes: readonly bigint[];
  readonly answer?: Uint8Array;
  readonly answerCode: string;
  readonly application?: AcknowledgementCondition;
  readonly unmapped: readonly string[];
  /** What became of its values, as an OperationOutcome in JSON. */
  readonly report?: string;
  readonly failure?: Failure;
  readonly replays?: string;
}

/** Why a message is dead: an HL7 table 0357 code or one of ours, and a place such as `PID-7`. */
export interface Failure {
  readonly code: string;
  readonly location?: string;
}

/** A message that waits to be processed. */
export interface Waiting {
  readonly id: string;
  readonly arrival: bigint;
  readonly lanes: readonly bigint[];
}

/** What came of a batch: the arrival numbers of the new ones, and what was there already under the same sender and control id. */
export interface Inserted {
  readonly fresh: ReadonlyMap<string, bigint>;
  readonly known: readonly Known[];
  /** Messages of other bridge instances that still wait and share a lane with the batch. */
  readonly foreign: readonly Waiting[];
}

export interface Known {
  readonly id: string;
  readonly sender: Buffer;
  readonly controlId: Buffer;
  readonly digest: Buffer;
}

interface WaitingRow {
  id: string;
  arrival: string;
  lanes: string;
}

/** Writes a batch in one transaction; what it returns is durable. */
export async function insertArrivals(
  db: Db,
  instance: string,
  batch: readonly SealedArrival[],
): Promise<Inserted> {
  return db.transaction().execute(async (trx) => {
    // The lock on this row makes arrivals come in the order of commits, however many bridges share the table.
    const counted = await sql<{ size: string }>`update inbox_size set size = size + ${batch.length}::int
      returning size::text as size`.execute(trx);
    const base = BigInt(counted.rows[0]!.size) - BigInt(batch.length);
    const rows = JSON.stringify(batch.map((arrival, index) => rowOf(arrival, base + BigInt(index + 1))));
    const inserted = await sql<{ id: string; arrival: string }>`
      insert into inbox (id, arrival, received_at, transport, instance, sender, control_id, digest, content,
        content_key, size_bytes, lanes, answer, answer_code, application_answer, unmapped, report, status,
        attempts, failed_at, reason_code, reason_location, replays)
      select r.id, r.arrival, r.received_at, r.transport, ${instance}::text, decode(r.sender, 'base64'),
        decode(r.control_id, 'base64'), decode(r.digest, 'base64'), decode(r.content, 'base64'),
        decode(r.content_key, 'base64'), r.size_bytes, r.lanes, decode(r.answer, 'base64'), r.answer_code,
        r.application_answer, r.unmapped, r.report, r.status, 0, r.failed_at, r.reason_code, r.reason_location,
        r.replays
      from json_to_recordset(${rows}::text::json) as r(id text, arrival bigint, received_at timestamptz,
        transport text, sender text, control_id text, digest text, content text, content_key text,
        size_bytes int, lanes bigint[], answer text, answer_code text, application_answer text,
        unmapped text[], report text, status text, failed_at timestamptz, reason_code text, reason_location text, replays text)
      on conflict do nothing
      returning id, arrival::text as arrival`.execute(trx);
    const fresh = new Map(inserted.rows.map((row) => [row.id, BigInt(row.arrival)]));
    for (const arrival of batch) if (arrival.replays) await linkReplay(trx, arrival.replays, arrival.id);
    const others = batch.filter((arrival) => !fresh.has(arrival.id));
    return { fresh, known: await findKnown(trx, others), foreign: await foreignBefore(trx, instance, batch) };
  });
}

function rowOf(arrival: SealedArrival, number: bigint): Record<string, unknown> {
  const at = new Date(arrival.receivedAt).toISOString();
  return {
    id: arrival.id,
    arrival: String(number),
    received_at: at,
    transport: arrival.transport,
    sender: base64(arrival.sender),
    control_id: base64(arrival.controlId),
    digest: base64(arrival.digest),
    content: base64(arrival.content),
    content_key: base64(arrival.contentKey),
    size_bytes: arrival.sizeBytes,
    lanes: arrival.lanes.map(String),
    answer: arrival.answer ? base64(arrival.answer) : null,
    answer_code: arrival.answerCode,
    application_answer: arrival.application ?? null,
    unmapped: arrival.unmapped,
    report: arrival.report ?? null,
    status: arrival.failure ? 'dead' : 'received',
    failed_at: arrival.failure ? at : null,
    reason_code: arrival.failure?.code ?? null,
    reason_location: arrival.failure?.location ?? null,
    replays: arrival.replays ?? null,
  };
}

/** A dead letter is replayed once; whoever comes second finds it so. */
async function linkReplay(db: Db, original: string, replay: string): Promise<void> {
  const linked = await sql<{ id: string }>`update inbox set replayed_by = ${replay}
    where id = ${original} and status = 'dead' and replayed_by is null returning id`.execute(db);
  if (linked.rows.length === 0) {
    throw new InboxError('ALREADY_REPLAYED', `inbox message ${original} has been replayed already`);
  }
}

async function findKnown(db: Db, arrivals: readonly SealedArrival[]): Promise<Known[]> {
  if (arrivals.length === 0) return [];
  const keys = JSON.stringify(
    arrivals.map((each) => ({ sender: base64(each.sender), control_id: base64(each.controlId) })),
  );
  const found = await sql<{ id: string; sender: Uint8Array; control_id: Uint8Array; digest: Uint8Array }>`
    select distinct inbox.id, inbox.sender, inbox.control_id, inbox.digest
    from json_to_recordset(${keys}::text::json) as r(sender text, control_id text)
    join inbox on inbox.sender = decode(r.sender, 'base64')
      and inbox.control_id = decode(r.control_id, 'base64') and inbox.replays is null`.execute(db);
  return found.rows.map((row) => ({
    id: row.id,
    sender: Buffer.from(row.sender),
    controlId: Buffer.from(row.control_id),
    digest: Buffer.from(row.digest),
  }));
}

async function foreignBefore(db: Db, instance: string, batch: readonly SealedArrival[]): Promise<Waiting[]> {
  const lanes = [...new Set(batch.flatMap((arrival) => arrival.lanes.map(String)))];
  if (lanes.length === 0) return [];
  const found = await sql<WaitingRow>`select id, arrival::text as arrival, lanes::text as lanes from inbox
    where status = 'received' and instance <> ${instance} and lanes && ${`{${lanes.join(',')}}`}::text::bigint[]
    order by inbox.arrival`.execute(db);
  return found.rows.map(waitingOf);
}

/** Those that wait, in the order of their arrival, after one of them. */
export async function loadWaiting(db: Db, after: bigint, limit: number): Promise<Waiting[]> {
  const found = await sql<WaitingRow>`select id, arrival::text as arrival, lanes::text as lanes from inbox
    where status = 'received' and inbox.arrival > ${String(after)}::text::bigint
    order by inbox.arrival limit ${limit}::int`.execute(db);
  return found.rows.map(waitingOf);
}

/** The lanes of recent messages that stand in several, oldest first: what is known of identifiers that name one patient. */
export async function loadKin(db: Db, recent: number): Promise<bigint[][]> {
  const found = await sql<{ lanes: string }>`select lanes::text as lanes from inbox
    where inbox.arrival > (select size from inbox_size) - ${recent}::bigint and cardinality(lanes) > 1
    order by inbox.arrival`.execute(db);
  return found.rows.map((row) => lanesOf(row.lanes));
}

/** Those of other instances that wait since before a time: what an instance that stopped for good left behind. */
export async function loadLeftBehind(
  db: Db,
  instance: string,
  before: number,
  limit: number,
): Promise<Waiting[]> {
  const found = await sql<WaitingRow>`select id, arrival::text as arrival, lanes::text as lanes from inbox
    where status = 'received' and instance <> ${instance}
      and received_at < ${new Date(before).toISOString()}::text::timestamptz
    order by inbox.arrival limit ${limit}::int`.execute(db);
  return found.rows.map(waitingOf);
}

const waitingOf = ({ id, arrival, lanes }: WaitingRow): Waiting => ({
  id,
  arrival: BigInt(arrival),
  lanes: lanesOf(lanes),
});

/** An array as PostgreSQL prints it; drivers don't agree on what a bigint[] becomes. */
function lanesOf(text: string): bigint[] {
  const inside = text.slice(1, -1);
  return inside === '' ? [] : inside.split(',').map(BigInt);
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
