// SPDX-License-Identifier: Apache-2.0
import { type Db, sql } from '../store/sql/database.ts';

/** Where a channel has it. */
export interface Anchored {
  readonly transactionId: string;
  /** Unknown when it was found on the ledger rather than submitted from here. */
  readonly block?: bigint;
  /** FHIR instant. */
  readonly at: string;
}

/** A checkpoint that this log has signed. */
export interface Checkpoint {
  readonly size: number;
  readonly root: Uint8Array;
  /** The signed note, as it is published. */
  readonly note: string;
  /** FHIR instant. */
  readonly createdAt: string;
  /** On the channel that was asked about. */
  readonly anchored?: Anchored;
}

interface Row {
  readonly size: number;
  readonly root: Uint8Array;
  readonly note: string;
  readonly created_at: Date;
}

interface AnchoredRow extends Row {
  readonly transaction_id: string;
  readonly block: number | null;
  readonly anchored_at: Date;
}

const COLUMNS = sql.raw('size, root, note, created_at');

export async function newestCheckpoint(db: Db): Promise<Checkpoint | undefined> {
  const { rows } = await sql<Row>`select ${COLUMNS} from log_checkpoint order by size desc limit 1`.execute(
    db,
  );
  return rows.map(checkpointOf)[0];
}

export async function checkpointAt(db: Db, size: number): Promise<Checkpoint | undefined> {
  const { rows } = await sql<Row>`select ${COLUMNS} from log_checkpoint where size = ${size}`.execute(db);
  return rows.map(checkpointOf)[0];
}

/** The first one of at least this size. */
export async function firstCheckpointFrom(db: Db, size: number): Promise<Checkpoint | undefined> {
  const { rows } = await sql<Row>`select ${COLUMNS} from log_checkpoint
    where size >= ${size} order by size limit 1`.execute(db);
  return rows.map(checkpointOf)[0];
}

/** The first one of at least this size that the channel has: proofs made with it are the same ever after. */
export async function firstAnchoredFrom(
  db: Db,
  channel: string,
  size: number,
): Promise<Checkpoint | undefined> {
  const { rows } = await sql<AnchoredRow>`select ${COLUMNS}, transaction_id, block, anchored_at
    from log_anchor join log_checkpoint using (size)
    where channel = ${channel} and size >= ${size} order by size limit 1`.execute(db);
  return rows.map((row) => ({ ...checkpointOf(row), anchored: anchoredOf(row) }))[0];
}

/** The size of the largest one that the channel has; 0 when it has none. */
export async function anchoredSize(db: Db, channel: string): Promise<number> {
  const { rows } = await sql<{ size: number | null }>`select max(size) as size from log_anchor
    where channel = ${channel}`.execute(db);
  return Number(rows[0]?.size ?? 0);
}

/** Fails on a size that there is one of: nothing is ever signed twice. */
export async function insertCheckpoint(db: Db, { size, root, note, createdAt }: Checkpoint): Promise<void> {
  await sql`insert into log_checkpoint (size, root, note, created_at)
    values (${size}, decode(${Buffer.from(root).toString('base64')}, 'base64'), ${note}, ${createdAt})`.execute(
    db,
  );
}

/** What was anchored first stays. */
export async function markAnchored(
  db: Db,
  channel: string,
  size: number,
  { transactionId, block, at }: Anchored,
): Promise<void> {
  await sql`insert into log_anchor (channel, size, transaction_id, block, anchored_at)
    values (${channel}, ${size}, ${transactionId}, ${block?.toString() ?? null}::bigint, ${at})
    on conflict do nothing`.execute(db);
}

export async function deleteAnchors(db: Db, channel: string): Promise<void> {
  await sql`delete from log_anchor where channel = ${channel}`.execute(db);
}

function checkpointOf({ size, root, note, created_at: createdAt }: Row): Checkpoint {
  return { size: Number(size), root, note, createdAt: createdAt.toISOString() };
}

function anchoredOf({ transaction_id: transactionId, block, anchored_at: at }: AnchoredRow): Anchored {
  return { transactionId, at: at.toISOString(), ...(block === null ? {} : { block: BigInt(block) }) };
}
