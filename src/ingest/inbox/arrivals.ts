// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '../../operate/log.ts';
import type { Keyring } from '../../store/keys/keyring.ts';
import type { Db } from '../../store/sql/database.ts';
import { InboxError } from './errors.ts';
import { keyContext, newContentKey, seal } from './seal.ts';
import { type Inserted, insertArrivals, type SealedArrival, type Waiting } from './table.ts';

/** A message that is to be kept, in clear; in memory only. */
export interface Arrival extends Omit<SealedArrival, 'content' | 'contentKey' | 'sizeBytes'> {
  readonly bytes: Uint8Array;
}

/** It is durable; or it was here already; or another message of that sender has its control id. */
export type Landing =
  | { readonly kind: 'new' }
  | { readonly kind: 'again'; readonly id: string }
  | { readonly kind: 'taken' };

export interface ArrivalsOptions {
  readonly db: Db;
  readonly keyring: Keyring;
  readonly logger: Logger;
  /** Which bridge instance writes. */
  readonly instance: string;
  readonly maxBatch: number;
  readonly maxBatchBytes: number;
  readonly maxPendingBytes: number;
  /** Told of what became durable, in the order of arrival, before those who brought it; `foreign` comes before all of them. */
  readonly onLanded: (landed: readonly Waiting[], foreign: readonly Waiting[]) => void;
  /** No messages are coming in any more. */
  readonly onIdle: () => void;
  /** A transaction failed, and perhaps it was committed all the same. */
  readonly onUncertain: () => void;
}

interface Pending {
  readonly arrival: Arrival;
  readonly resolve: (landing: Landing) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: what arrives while one batch is being written makes up the next one, so that many messages share one durable
 * transaction and nobody waits for a timer.
 */
export class Arrivals {
  readonly #options: ArrivalsOptions;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  /** Whether messages are coming in: something is being written, or was just now. */
  get busy(): boolean {
    return this.#writing !== undefined || this.#quiet !== undefined;
  }

  /** Resolves once the message is durable. Throws InboxError, and then the sender must keep it. */
  add(arrival: Arrival): Promise<Landing> {
    if (this.#closed) return Promise.reject(new InboxError('CLOSED', 'the inbox is closing'));
    if (this.#pendingBytes + arrival.bytes.byteLength > this.#options.maxPendingBytes) {
      return Promise.reject(new InboxError('BUSY', 'too many messages wait to be written'));
    }
    this.#pendingBytes += arrival.bytes.byteLength;
    return new Promise<Landing>((resolve, reject) => {
      this.#pending.push({ arrival, resolve, reject });
      clearTimeout(this.#quiet);
      this.#quiet = undefined;
      this.#writing ??= this.#writeAll();
    });
  }

  /** Takes nothing more; resolves when what was taken is durable or refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    clearTimeout(this.#quiet);
    this.#quiet = undefined;
  }

  async #writeAll(): Promise<void> {
    await new Promise((soon) => setImmediate(soon)); // what arrived in the same tick travels together
    while (this.#pending.length > 0) {
      const batch = this.#takeBatch();
      await this.#write(batch).catch((error) => this.#refuse(batch, error));
      for (const { arrival } of batch) this.#pendingBytes -= arrival.bytes.byteLength;
    }
    this.#writing = undefined;
    this.#quiet = setTimeout(() => {
      this.#quiet = undefined;
      this.#options.onIdle();
    }, QUIET_MS).unref();
  }

  #takeBatch(): Pending[] {
    let size = 0;
    let bytes = 0;
    for (const { arrival } of this.#pending) {
      bytes += arrival.bytes.byteLength;
      if (size > 0 && (size === this.#options.maxBatch || bytes > this.#options.maxBatchBytes)) break;
      // A replay is linked to its original in the same transaction, and if that fails nobody else should.
      if (arrival.replays && size > 0) break;
      size += 1;
      if (arrival.replays) break;
    }
    return this.#pending.splice(0, size);
  }

  async #write(batch: readonly Pending[]): Promise<void> {
    const sealed = await Promise.all(batch.map(({ arrival }) => this.#seal(arrival)));
    const inserted = await insertArrivals(this.#options.db, this.#options.instance, sealed);
    const landed = batch.flatMap(({ arrival: { id, lanes, failure } }): Waiting[] => {
      const arrival = inserted.fresh.get(id);
      return arrival === undefined || failure ? [] : [{ id, lanes, arrival }];
    });
    this.#options.onLanded(landed, inserted.foreign);
    for (const { arrival, resolve } of batch) resolve(landingOf(arrival, inserted));
  }

  async #seal(arrival: Arrival): Promise<SealedArrival> {
    const { bytes, answer, ...rest } = arrival;
    const key = newContentKey();
    const contentKey = await this.#options.keyring.wrap(key, keyContext(arrival.id));
    return {
      ...rest,
      content: seal(key, arrival.id, 'message', bytes),
      contentKey,
      sizeBytes: bytes.byteLength,
      ...(answer ? { answer: seal(key, arrival.id, 'answer', answer) } : {}),
    };
  }

  /** One message that the database won't take must not cost its neighbours: a batch with bad data is written again one by one. */
  async #refuse(batch: readonly Pending[], cause: unknown): Promise<void> {
    const code = String((cause as { code?: unknown }).code ?? '');
    if (!(cause instanceof InboxError)) {
      this.#options.logger.error({ code, messages: batch.length }, 'inbox batch not written');
    }
    if (batch.length > 1 && DATA_FAULT.test(code)) {
      for (const each of batch) await this.#write([each]).catch((error) => this.#refuse([each], error));
      return;
    }
    if (!(cause instanceof InboxError)) this.#options.onUncertain();
    const error =
      cause instanceof InboxError
        ? cause
        : new InboxError('UNAVAILABLE', 'the message could not be made durable', { cause });
    for (const { reject } of batch) reject(error);
  }
}

/** A sender that waits for its acknowledgment before it sends again is back within that time. */
const QUIET_MS = 20;

/** SQLSTATE classes of faults that lie in the data: data exception, integrity, program limit. */
const DATA_FAULT = /^(22|23|54)[0-9A-Z]{3}$/;

function landingOf(arrival: Arrival, inserted: Inserted): Landing {
  if (inserted.fresh.has(arrival.id)) return { kind: 'new' };
  const known = inserted.known.find(
    (each) => each.sender.equals(arrival.sender) && each.controlId.equals(arrival.controlId),
  );
  if (!known)
    throw new InboxError('UNAVAILABLE', `inbox message ${arrival.id} was neither written nor found`);
  return known.digest.equals(arrival.digest) ? { kind: 'again', id: known.id } : { kind: 'taken' };
}
