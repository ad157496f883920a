// SPDX-License-Identifier: Apache-2.0
import { Worker } from 'node:worker_threads';
import { DatabaseError } from './errors.ts';
import type { Pglite } from './pglite.ts';
import type { Call, Opening, Reply } from './thread-worker.ts';

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (cause: Error) => void;
}

/**
 * PGlite in a thread of its own: a transaction of the database then runs beside what this thread does, decrypting, converting and
 * answering. Calls are answered in the order in which they are made.
 */
export async function openThread(opening: Opening): Promise<Pglite> {
  const thread = new PgliteThread(startThread(opening));
  await thread.opened;
  return thread;
}

/** A thread doesn't inherit the loader through which a checkout's TypeScript runs: where the sources run as they are, it registers its own. */
function startThread(workerData: Opening): Worker {
  if (import.meta.url.endsWith('.js'))
    return new Worker(new URL('./thread-worker.js', import.meta.url), { workerData });
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const source = JSON.stringify(new URL('./thread-worker.ts', import.meta.url).href);
  const start = `import(${loader}).then(({ register }) => { register(); return import(${source}); })`;
  return new Worker(start, { eval: true, workerData });
}

class PgliteThread implements Pglite {
  readonly opened: Promise<void>;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #last = 0;
  #closed = false;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (reply: Reply) => this.#settle(reply));
    worker.on('error', (cause) => this.#fail(cause));
    worker.on('exit', () => this.#fail(new DatabaseError('CLOSED', 'the thread of the database has ended')));
    // The thread says so when it is ready, as the answer to a call that nobody made.
    this.opened = new Promise((resolve, reject) => this.#pending.set(0, { resolve, reject }));
  }

  get closed(): boolean {
    return this.#closed;
  }

  query<Row>(text: string, params: unknown[] = []): Promise<{ rows: Row[]; affectedRows?: number }> {
    return this.#call({ name: 'query', text, params });
  }

  exec(text: string): Promise<void> {
    return this.#call({ name: 'exec', text });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    const done = this.#call<void>({ name: 'close' });
    this.#closed = true;
    await done;
    await this.#worker.terminate();
  }

  #call<Result>(call: Call): Promise<Result> {
    if (this.#closed) return Promise.reject(new DatabaseError('CLOSED', 'the database is closed'));
    const id = ++this.#last;
    return new Promise<Result>((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject });
      this.#worker.postMessage({ id, call });
    });
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if ('error' in reply) pending?.reject(Object.assign(new Error(reply.error.message), reply.error));
    else pending?.resolve(reply.result as never);
  }

  #fail(cause: Error): void {
    this.#closed = true;
    for (const { reject } of this.#pending.values()) reject(cause);
    this.#pending.clear();
  }
}
