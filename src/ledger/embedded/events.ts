// SPDX-License-Identifier: Apache-2.0
import { type Db, sql } from '../../store/sql/database.ts';
import type { LedgerEvent } from '../ledger.ts';

const EVENTS_A_READ = 500;

/** Rings once a block. Whoever wants to wait takes the next ring before looking, so that none is missed. */
export interface Bell {
  readonly ring: () => void;
  next(): Promise<void>;
}

export function openBell(): Bell {
  let wake = () => {};
  let next = new Promise<void>((resolve) => {
    wake = resolve;
  });
  return {
    ring() {
      wake();
      next = new Promise((resolve) => {
        wake = resolve;
      });
    },
    next: () => next,
  };
}

/** Every event from a block on, in order, exactly once: always from the tables, so that what is seen has been committed. */
export async function* followEvents(
  db: Db,
  from: bigint,
  signal: AbortSignal,
  bell: Bell,
): AsyncGenerator<LedgerEvent, void, undefined> {
  const aborted = new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  let block = from;
  let position = -1;
  while (!signal.aborted) {
    const rung = bell.next();
    const rows = await readEvents(db, block, position);
    for (const row of rows) {
      if (signal.aborted) return;
      block = BigInt(row.block);
      position = row.position;
      yield {
        blockNumber: block,
        transactionId: row.transaction,
        name: row.name,
        payload: row.payload,
        lastOfBlock: row.last,
      };
    }
    if (rows.length < EVENTS_A_READ) await Promise.race([rung, aborted]);
  }
}

interface Row {
  readonly block: string | number;
  readonly position: number;
  readonly transaction: string;
  readonly name: string;
  readonly payload: Uint8Array;
  readonly last: boolean;
}

async function readEvents(db: Db, block: bigint, position: number): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select block, position, transaction, name, payload,
      position = (select max(position) from ledger_event of_block where of_block.block = ledger_event.block) as last
    from ledger_event
    where (block, position) > (${block}::bigint, ${position}::integer) order by block, position limit ${EVENTS_A_READ}
  `.execute(db);
  return rows;
}
