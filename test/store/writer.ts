// SPDX-License-Identifier: Apache-2.0
// Started by the tests and killed: says words into the database in the folder, several at a time, and prints each that is acknowledged.
import { writeSync } from 'node:fs';
import { openEmbedded, sql } from '../../src/store/sql/database.ts';

const AT_ONCE = 4;

async function main(folder: string, first: number): Promise<void> {
  const server = await openEmbedded(folder, { snapshotAfterBytes: 30_000 });
  const db = await server.schema('hospital');
  await sql`create table if not exists said (word text)`.execute(db);
  let next = first;
  const writer = async () => {
    for (;;) {
      const word = String(next++);
      await sql`insert into said values (${word})`.execute(db);
      writeSync(1, `${word}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, writer));
}

await main(process.argv[2] as string, Number(process.argv[3]));
