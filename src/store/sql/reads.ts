// SPDX-License-Identifier: Apache-2.0
import type { Db } from './database.ts';
import { namedRows } from './load.ts';
import type { Row } from './row.ts';

// So that one statement neither carries nor holds up too much.
const MAX_TOGETHER = 64;
// While the rows of one statement are on their way, the next is asked.
const MAX_RUNNING = 2;

interface Waiting {
  readonly type: string;
  readonly id: string;
  readonly resolve: (row: Row | undefined) => void;
  readonly reject: (cause: unknown) => void;
}

/** Reads of current versions: those that are asked for while others are under way go into the next statement, together. */
export class Reads {
  readonly #db: Db;
  readonly #waiting: Waiting[] = [];
  #running = 0;

  constructor(db: Db) {
    this.#db = db;
  }

  /** The current row, as it is at some moment after this was asked. */
  current(type: string, id: string): Promise<Row | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ type, id, resolve, reject });
      if (this.#running < MAX_RUNNING) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running++;
    await new Promise((soon) => setImmediate(soon));
    while (this.#waiting.length > 0) await this.#readNext(this.#waiting.splice(0, MAX_TOGETHER));
    this.#running--;
  }

  async #readNext(together: readonly Waiting[]): Promise<void> {
    try {
      const rows = new Map((await namedRows(this.#db, together)).map((row) => [nameOf(row), row]));
      for (const each of together) each.resolve(rows.get(nameOf(each)));
    } catch (cause) {
      for (const { reject } of together) reject(cause);
    }
  }
}

function nameOf({ type, id }: { readonly type: string; readonly id: string }): string {
  return `${type}/${id}`;
}
