// SPDX-License-Identifier: Apache-2.0
import type { RawBuilder } from 'kysely';
import { type Db, sql } from '../../store/sql/database.ts';
import { type Block, versionAt } from './block.ts';
import type { LedgerKeys } from './keys.ts';
import { slotName, type Write } from './rwset.ts';
import { bytes } from './state.ts';

/** A statement has at most 65,535 parameters; a row here at most six. */
const ROWS_A_STATEMENT = 1000;

interface Placed {
  readonly write: Write;
  readonly position: number;
  readonly transaction: string;
  readonly at: number;
}

/** Writes a block and all that follows from it, in one database transaction. */
export async function persistBlock(db: Db, block: Block, keys: LedgerKeys): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const run = async (
      rows: readonly RawBuilder<unknown>[],
      statement: (rows: RawBuilder<unknown>) => RawBuilder<unknown>,
    ) => {
      for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT)
        await statement(sql.join(rows.slice(from, from + ROWS_A_STATEMENT))).execute(trx);
    };
    await sql`insert into ledger_block values (${block.number}, ${buffer(block.previousHash)}, ${buffer(block.dataHash)},
      ${buffer(block.hash)}, ${buffer(block.signature)}, ${JSON.stringify(block.texts)})`.execute(trx);
    const { accepted, number } = block;
    await run(
      accepted.map(({ proposal }, position) => sql`(${proposal.id}, ${number}, ${position})`),
      (rows) => sql`insert into ledger_transaction values ${rows}`,
    );
    const placed = accepted.flatMap(({ set, proposal: { id, at } }, position) =>
      [...set.writes.values()].map((write): Placed => ({ write, position, transaction: id, at })),
    );
    const isPublic = ({ write }: Placed) => write.collection === undefined;
    await run(
      placed.filter(isPublic).map(({ write, position, transaction, at }) => {
        const value = write.value === undefined ? null : buffer(write.value);
        return sql`(${bytes(write.key)}, ${number}, ${position}, ${transaction}, ${at}, ${value})`;
      }),
      (rows) => sql`insert into ledger_state_history values ${rows}`,
    );
    for (const { write } of placed.filter(({ write: { value } }) => value === undefined)) {
      await (write.collection === undefined
        ? sql`delete from ledger_state where key = ${bytes(write.key)}`
        : sql`delete from ledger_private where collection = ${write.collection} and key = ${bytes(write.key)}`
      ).execute(trx);
    }
    const last = lastWrites(placed);
    await run(
      last
        .filter(isPublic)
        .map(
          ({ write, position }) =>
            sql`(${bytes(write.key)}, ${buffer(write.value)}, ${versionAt(number, position)})`,
        ),
      (rows) => sql`insert into ledger_state values ${rows}
        on conflict (key) do update set value = excluded.value, version = excluded.version`,
    );
    await run(
      last
        .filter((each) => !isPublic(each))
        .map(({ write, position }) => {
          const sealed = buffer(keys.seal(write.value ?? new Uint8Array(0), slotName(write)));
          return sql`(${write.collection}, ${bytes(write.key)}, ${sealed}, ${versionAt(number, position)})`;
        }),
      (rows) => sql`insert into ledger_private values ${rows}
        on conflict (collection, key) do update set value = excluded.value, version = excluded.version`,
    );
    await run(
      accepted.flatMap(({ set, proposal }, position) =>
        set.event
          ? [sql`(${number}, ${position}, ${proposal.id}, ${set.event.name}, ${buffer(set.event.payload)})`]
          : [],
      ),
      (rows) => sql`insert into ledger_event values ${rows}`,
    );
  });
}

/** Of several writes to one slot in a block the last one holds; deletions are not among them. */
function lastWrites(placed: readonly Placed[]): Placed[] {
  const last = new Map<string, Placed>();
  for (const each of placed) last.set(slotName(each.write), each);
  return [...last.values()].filter(({ write }) => write.value !== undefined);
}

function buffer(value: Uint8Array | undefined): Buffer {
  return Buffer.from(value ?? []);
}
