// SPDX-License-Identifier: Apache-2.0
import { type Db, sql } from '../../store/sql/database.ts';
import type { CheckpointQuery, CheckpointView } from '../history.ts';

interface Row {
  readonly origin: string;
  readonly size: number | bigint;
  readonly root: string;
  readonly transactionId: string;
  readonly blockNumber: number | bigint;
  readonly at: string;
}

const COLUMNS = sql`origin, size, root, transaction_id as "transactionId", block as "blockNumber", at`;

/**
 * Adds checkpoints and answers those that contradict what is known of their log: another root for a size, or a smaller size after a
 * larger one. Nothing that is known is ever overwritten; the same again is nothing new.
 */
export async function insertCheckpoints(
  db: Db,
  channel: string,
  checkpoints: readonly CheckpointView[],
): Promise<CheckpointView[]> {
  const contradictions: CheckpointView[] = [];
  for (const checkpoint of checkpoints) {
    const { origin, size, root, transactionId, blockNumber, at } = checkpoint;
    const { rows } = await sql<Row>`select ${COLUMNS} from projection_checkpoint
      where channel = ${channel} and origin = ${origin} and size >= ${size} order by size limit 1`.execute(
      db,
    );
    const [known] = rows;
    if (!known)
      await sql`insert into projection_checkpoint (channel, origin, size, root, transaction_id, block, at)
        values (${channel}, ${origin}, ${size}, ${root}, ${transactionId}, ${blockNumber}, ${at})`.execute(
        db,
      );
    else if (BigInt(known.size) !== size || known.root !== root) contradictions.push(checkpoint);
  }
  return contradictions;
}

export async function listCheckpoints(
  db: Db,
  channel: string,
  { origin, before, count }: CheckpointQuery,
): Promise<CheckpointView[]> {
  const which = sql`where channel = ${channel} ${before === undefined ? sql`` : sql`and size < ${before}`}`;
  const { rows } = await (origin === undefined
    ? sql<Row>`select distinct on (origin) ${COLUMNS} from projection_checkpoint ${which}
        order by origin, size desc limit ${count}`
    : sql<Row>`select ${COLUMNS} from projection_checkpoint ${which} and origin = ${origin}
        order by size desc limit ${count}`
  ).execute(db);
  return rows.map((row) => ({ ...row, size: BigInt(row.size), blockNumber: BigInt(row.blockNumber) }));
}
