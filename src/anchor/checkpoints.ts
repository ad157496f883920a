// SPDX-License-Identifier: Apache-2.0
import { type Db, sql } from '../store/sql/database.ts';

/** Where the ledger has it. */
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
  readonly anchored?: Anchored;
}

interface Row {
  readonly size: number;
  readonly root: Uint8Array;
  readonly note: string;
  readonly created_at: Date;
  readonly transaction_id: string | null;
  readonly block: number | null;
  readonly anchored_at: Date | null;
}

const COLUMNS = sql.raw('size, root, note, created_at, transaction_id, block, anchored_at');

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

/** The first one of at least this size, anchored only when asked for: proofs made with it are the same ever after. */
export async function firstCheckpointFrom(
  db: Db,
  size: number,
  options: { anchored: boolean },
): Promise<Checkpoint | undefined> {
  const which = options.anchored ? sql`anchored_at is not null` : sql`true`;
  const { rows } = await sql<Row>`select ${COLUMNS} from log_checkpoint
    where size >= ${size} and ${which} order by size limit 1`.execute(db);
  return rows.map(checkpointOf)[0];
}

/** The size of the largest one that the ledger has; 0 when it has none. */
export async function anchoredSize(db: Db): Promise<number> {
  const { rows } = await sql<{ size: number | null }>`select max(size) as size from log_checkpoint
    where anchored_at is not null`.execute(db);
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
  size: number,
  { transactionId, block, at }: Anchored,
): Promise<void> {
  await sql`update log_checkpoint set transaction_id = ${transactionId}, block = ${block?.toString() ?? null}::bigint,
    anchored_at = ${at} where size = ${size} and anchored_at is null`.execute(db);
}

function checkpointOf(row: Row): Checkpoint {
  const { transaction_id: transactionId, anchored_at: at, block } = row;
  return {
    size: Number(row.size),
    root: row.root,
    note: row.note,
    createdAt: row.created_at.toISOString(),
    ...(transactionId === null || at === null
      ? {}
      : {
          anchored: {
            transactionId,
            at: at.toISOString(),
            ...(block === null ? {} : { block: BigInt(block) }),
          },
        }),
  };
}
