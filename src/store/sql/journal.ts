// SPDX-License-Identifier: Apache-2.0
import { type FileHandle, open } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { DatabaseError } from './errors.ts';

export interface Statement {
  readonly text: string;
  readonly params: readonly unknown[];
}

/** One committed transaction: the statements that wrote, in order, and the schema they meant. */
export interface Entry {
  readonly schema: string;
  readonly statements: readonly Statement[];
}

export interface JournalRecord extends Entry {
  /** Dense, from one on, over all segments. */
  readonly position: number;
}

// A record is: magic (4), length of the payload (4), CRC-32 of what follows (4), position (8), offset at which its batch began (8), payload.
const MAGIC = Buffer.from('MJR1');
const HEADER_BYTES = 28;
const CHECKED_FROM = 12;

/**
 * The append-only file that makes the embedded database's commits durable, for PGlite itself never calls fsync.
 * Transactions that finish while the disk is busy share the next fdatasync.
 */
export class Journal {
  readonly #file: FileHandle;
  #endBytes: number;
  #waiting: { position: number; payload: Buffer }[] = [];
  /** Resolves with the sync that covers everything appended so far. */
  #synced: Promise<void> = Promise.resolve();
  #failure: DatabaseError | undefined;

  private constructor(file: FileHandle, endBytes: number) {
    this.#file = file;
    this.#endBytes = endBytes;
  }

  /** Opens the segment, made when absent, hands over what it holds and cuts off a record that was being written when the power went. */
  static async open(path: string): Promise<{ journal: Journal; records: JournalRecord[] }> {
    const file = await open(path, 'a+', 0o600);
    try {
      const bytes = await file.readFile();
      const { records, endBytes } = readRecords(bytes);
      if (endBytes < bytes.length) {
        await file.truncate(endBytes);
        await file.sync();
      }
      return { journal: new Journal(file, endBytes), records };
    } catch (cause) {
      await file.close();
      throw cause;
    }
  }

  get sizeBytes(): number {
    return this.#endBytes;
  }

  /** Resolves when the entry is on the disk. Entries reach it in the order of the calls. */
  append(position: number, entry: Entry): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#waiting.push({ position, payload: serialize(entry) });
    if (this.#waiting.length === 1) {
      this.#synced = this.#synced.then(() => this.#flush());
      // Everyone who waits is told; with nobody waiting it must not end the process.
      this.#synced.catch(() => {});
    }
    return this.#synced;
  }

  /** Resolves when everything appended so far is on the disk. */
  synced(): Promise<void> {
    return this.#synced;
  }

  async close(): Promise<void> {
    await this.#synced.catch(() => {});
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    // One turn of the event loop, so that transactions that finish together share the first sync too.
    await new Promise((done) => setImmediate(done));
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      const bytes = Buffer.concat(batch.flatMap((one) => encode(one.position, one.payload, this.#endBytes)));
      await this.#file.appendFile(bytes);
      await this.#file.datasync();
      this.#endBytes += bytes.length;
    } catch (cause) {
      // After a failed sync nobody knows what is on the disk, and a second sync may claim success for lost pages.
      this.#failure = new DatabaseError('JOURNAL_FAILED', 'the journal could not be written', { cause });
      throw this.#failure;
    }
  }
}

function encode(position: number, payload: Buffer, batchStart: number): Buffer[] {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32BE(payload.length, 4);
  header.writeBigUInt64BE(BigInt(position), 12);
  header.writeBigUInt64BE(BigInt(batchStart), 20);
  header.writeUInt32BE(crc32(payload, crc32(header.subarray(CHECKED_FROM))), 8);
  return [header, payload];
}

/** The records up to the first byte that is none, and where that is. Throws JOURNAL_DAMAGED if synced records follow it. */
export function readRecords(bytes: Buffer): { records: JournalRecord[]; endBytes: number } {
  const records: JournalRecord[] = [];
  let offset = 0;
  for (;;) {
    const found = recordAt(bytes, offset);
    if (!found) break;
    records.push({ ...(deserialize(found.payload) as Entry), position: found.position });
    offset = found.endBytes;
  }
  if (syncedAfter(bytes, offset))
    throw new DatabaseError('JOURNAL_DAMAGED', `the journal's record at byte ${offset} is unreadable`);
  return { records, endBytes: offset };
}

function recordAt(bytes: Buffer, offset: number) {
  if (offset + HEADER_BYTES > bytes.length) return undefined;
  if (!bytes.subarray(offset, offset + 4).equals(MAGIC)) return undefined;
  const endBytes = offset + HEADER_BYTES + bytes.readUInt32BE(offset + 4);
  if (endBytes > bytes.length) return undefined;
  if (crc32(bytes.subarray(offset + CHECKED_FROM, endBytes)) !== bytes.readUInt32BE(offset + 8))
    return undefined;
  return {
    position: Number(bytes.readBigUInt64BE(offset + 12)),
    batchStart: Number(bytes.readBigUInt64BE(offset + 20)),
    payload: bytes.subarray(offset + HEADER_BYTES, endBytes),
    endBytes,
  };
}

/**
 * Pages of one batch reach the disk in any order, so records of the torn batch itself may follow the tear, and nobody was told of them.
 * A record whose batch began later was written after this one had been synced: then it is no torn tail but damage.
 */
function syncedAfter(bytes: Buffer, tear: number): boolean {
  let at = bytes.indexOf(MAGIC, tear + 1);
  while (at >= 0) {
    const found = recordAt(bytes, at);
    if (found && found.batchStart > tear) return true;
    at = bytes.indexOf(MAGIC, at + 1);
  }
  return false;
}
