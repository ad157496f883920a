// SPDX-License-Identifier: Apache-2.0
import type { Db } from '../../store/sql/database.ts';
import { type CommittedTransaction, LedgerError } from '../ledger.ts';
import { type Accepted, type Block, makeBlock, versionAt } from './block.ts';
import { type Head, readHead } from './chain.ts';
import type { LedgerKeys } from './keys.ts';
import { persistBlock } from './persist.ts';
import type { Proposal } from './proposal.ts';
import { slotName, type Version, type Write } from './rwset.ts';
import { simulate } from './simulate.ts';
import type { CommittedState } from './state.ts';

const MAX_BLOCK_TRANSACTIONS = 200;
/** Each try is against the newest state, so only a key that many want at once comes near this. */
const MAX_TRIES = 50;

interface Waiting {
  readonly proposal: Proposal;
  tries: number;
  resolve(committed: CommittedTransaction): void;
  reject(error: unknown): void;
}

/** Puts transactions in order: those that wait while a block is written become the next one, in one database transaction. */
export class Orderer {
  readonly #db: Db;
  readonly #state: CommittedState;
  readonly #keys: LedgerKeys;
  readonly #onBlock: () => void;
  readonly #waiting: Waiting[] = [];
  #head: Head;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(db: Db, state: CommittedState, keys: LedgerKeys, head: Head, onBlock: () => void) {
    this.#db = db;
    this.#state = state;
    this.#keys = keys;
    this.#head = head;
    this.#onBlock = onBlock;
  }

  get height(): bigint {
    return this.#head.number + 1n;
  }

  submit(proposal: Proposal): Promise<CommittedTransaction> {
    if (this.#closed) return Promise.reject(new LedgerError('CLOSED', 'the ledger is closed'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ proposal, tries: 0, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when everything accepted so far has been committed or refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    // One turn of the event loop, so that what is submitted together lands in one block.
    await new Promise((resume) => setImmediate(resume));
    while (this.#waiting.length > 0) await this.#cut(this.#waiting.splice(0, MAX_BLOCK_TRANSACTIONS));
    this.#running = undefined;
  }

  async #cut(batch: readonly Waiting[]): Promise<void> {
    const accepted: (Accepted & { waiting: Waiting })[] = [];
    const written = new Set<string>();
    const publicKeys: string[] = [];
    const again: Waiting[] = [];
    for (const waiting of batch) {
      try {
        const simulated = await simulate(waiting.proposal, this.#state);
        if (simulated.set.conflictsWith(written, publicKeys)) again.push(waiting);
        else {
          for (const write of simulated.set.writes.values()) {
            written.add(slotName(write));
            if (write.collection === undefined) publicKeys.push(write.key);
          }
          accepted.push({ ...simulated, proposal: waiting.proposal, waiting });
        }
      } catch (error) {
        waiting.reject(error);
      }
    }
    this.#waiting.unshift(...again.filter(mayTryAgain));
    if (accepted.length > 0) await this.#commit(accepted);
  }

  async #commit(accepted: readonly (Accepted & { waiting: Waiting })[]): Promise<void> {
    const block = makeBlock(this.#head, accepted, this.#keys);
    try {
      await persistBlock(this.#db, block, this.#keys);
    } catch (cause) {
      const error = new LedgerError('COMMIT_FAILED', `block ${block.number} could not be written`, { cause });
      for (const { waiting } of accepted) waiting.reject(error);
      return this.#reload();
    }
    this.#head = block;
    this.#state.committed(writesOf(block));
    accepted.forEach(({ waiting, proposal, result }) => {
      waiting.resolve({ transactionId: proposal.id, blockNumber: block.number, result });
    });
    this.#onBlock();
  }

  /** After a failure nobody knows what the database has: what was remembered of it is asked anew. */
  async #reload(): Promise<void> {
    this.#state.forgetAll();
    this.#head = await readHead(this.#db, this.#keys).catch(() => this.#head);
  }
}

function mayTryAgain(waiting: Waiting): boolean {
  waiting.tries += 1;
  if (waiting.tries < MAX_TRIES) return true;
  waiting.reject(new LedgerError('MVCC_CONFLICT', `others wrote what it read, ${MAX_TRIES} times in a row`));
  return false;
}

function writesOf({ number, accepted }: Block): (Write & { version: Version })[] {
  return accepted.flatMap(({ set }, position) =>
    [...set.writes.values()].map((write) => ({ ...write, version: versionAt(number, position) })),
  );
}
