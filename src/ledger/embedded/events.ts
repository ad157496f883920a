// SPDX-License-Identifier: Apache-2.0
import { type Db, sql } from '../../store/sql/database.ts';
import type { LedgerBlock, LedgerEvent } from '../ledger.ts';

const BLOCKS_A_READ = 100;

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

/** Every block from one on, in order, exactly once: always from the tables, so that what is seen has been committed. */
export async function* followBlocks(
  db: Db,
  from: bigint,
  signal: AbortSignal,
  bell: Bell,
): AsyncGenerator<LedgerBlock, void, undefined> {
  const aborted = new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  let next = from;
  while (!signal.aborted) {
    const rung = bell.next();
    const blocks = await readBlocks(db, next);
    for (const block of blocks) {
      if (signal.aborted) return;
      yield block;
      next = block.number + 1n;
    }
    if (blocks.length < BLOCKS_A_READ) await Promise.race([rung, aborted]);
  }
}

interface Row {
  readonly block: string | number;
  readonly transaction: string | null;
  readonly name: string;
  readonly payload: Uint8Array;
}

async function readBlocks(db: Db, from: bigint): Promise<readonly LedgerBlock[]> {
  const { rows } = await sql<Row>`
    select block.number as block, event.transaction, event.name, event.payload
    from (select number from ledger_block where number >= ${from} order by number limit ${BLOCKS_A_READ}) as block
      left join ledger_event as event on event.block = block.number
    order by block.number, event.position
  `.execute(db);
  const blocks = new Map<bigint, LedgerEvent[]>();
  for (const { block, transaction, name, payload } of rows) {
    const number = BigInt(block);
    const events = blocks.get(number) ?? [];
    blocks.set(number, events);
    if (transaction !== null) events.push({ transactionId: transaction, name, payload });
  }
  return [...blocks].map(([number, events]) => ({ number, events }));
}
