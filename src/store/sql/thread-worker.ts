// SPDX-License-Identifier: Apache-2.0
// What runs in the thread that `thread.ts` starts: one PGlite, and nothing else.
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { newPglite } from './image.ts';

/** Which folder, and whether there is nothing in it yet. */
export interface Opening {
  readonly folder: string;
  readonly fresh: boolean;
}

export type Call =
  | { readonly name: 'query'; readonly text: string; readonly params: unknown[] }
  | { readonly name: 'exec'; readonly text: string }
  | { readonly name: 'close' };

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly message: string } };

const { folder, fresh } = workerData as Opening;
const port = parentPort!;
const pglite = await (fresh ? newPglite(folder) : PGlite.create(folder));

async function run(call: Call): Promise<unknown> {
  switch (call.name) {
    case 'query': {
      const { rows, affectedRows } = await pglite.query(call.text, call.params);
      return { rows, affectedRows };
    }
    case 'exec':
      await pglite.exec(call.text);
      return undefined;
    case 'close':
      return pglite.close();
    default:
      return call satisfies never;
  }
}

port.on('message', async ({ id, call }: { id: number; call: Call }) => {
  try {
    port.postMessage({ id, result: await run(call) } satisfies Reply);
  } catch (cause) {
    // An Error would arrive without PostgreSQL's code and the rest that is its own.
    const { message, code, detail, constraint, severity } = cause as Record<string, string>;
    port.postMessage({ id, error: { message: message ?? '', code, detail, constraint, severity } } as Reply);
  }
});
port.postMessage({ id: 0, result: undefined } satisfies Reply);
