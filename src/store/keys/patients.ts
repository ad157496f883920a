// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { StoreError } from '../errors.ts';
import { type Db, sql } from '../sql/database.ts';
import { KeyError } from './errors.ts';
import type { Keyring } from './keyring.ts';
import { KEY_BYTES } from './seal.ts';

/** The organization's own key, for what belongs to no patient. */
export const NOBODY = '';

const MAX_UNWRAPPED = 10_000;

/** The keys that seal what belongs to one patient: random, wrapped by the keyring, destroyed to erase the patient. */
export class PatientKeys {
  readonly #keyring: Keyring;
  /** The most recently used last. */
  readonly #unwrapped = new Map<string, Uint8Array>();

  constructor(keyring: Keyring) {
    this.#keyring = keyring;
  }

  /** The keys of those of the patients who have one. */
  async find(db: Db, patients: Iterable<string>): Promise<Map<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    const absent: string[] = [];
    for (const patient of new Set(patients)) {
      const key = this.#use(patient);
      if (key) found.set(patient, key);
      else absent.push(patient);
    }
    if (absent.length === 0) return found;
    const { rows } = await sql<{ patient: string; wrapped: Uint8Array }>`
      select patient, wrapped from subject_key where patient = any(${absent}::text[])`.execute(db);
    for (const row of rows) {
      const key = await this.#unwrap(row);
      found.set(row.patient, key);
      this.keep(row.patient, key);
    }
    return found;
  }

  /** The same, made for those who have none. What is new must be given to `keep` once the transaction is committed. */
  async findOrMake(db: Db, patients: Iterable<string>) {
    const all = new Set(patients);
    const keys = await this.find(db, all);
    const made = new Map<string, Uint8Array>();
    for (const patient of all) if (!keys.has(patient)) made.set(patient, randomBytes(KEY_BYTES));
    if (made.size > 0) {
      const rows = await Promise.all([...made].map(([patient, key]) => this.#wrapped(patient, key)));
      await sql`insert into subject_key
        select patient, decode(wrapped, 'base64')
        from json_to_recordset(${JSON.stringify(rows)}::json) as new(patient text, wrapped text)`.execute(db);
    }
    return { keys: new Map([...keys, ...made]), made };
  }

  keep(patient: string, key: Uint8Array): void {
    this.#unwrapped.delete(patient);
    this.#unwrapped.set(patient, key);
    if (this.#unwrapped.size <= MAX_UNWRAPPED) return;
    for (const oldest of this.#unwrapped.keys()) {
      this.#unwrapped.delete(oldest);
      break;
    }
  }

  #use(patient: string): Uint8Array | undefined {
    const key = this.#unwrapped.get(patient);
    if (key) this.keep(patient, key);
    return key;
  }

  async #unwrap(row: { patient: string; wrapped: Uint8Array }): Promise<Uint8Array> {
    try {
      return await this.#keyring.unwrap(row.wrapped, context(row.patient));
    } catch (cause) {
      if (!(cause instanceof KeyError)) throw cause;
      throw new StoreError('CONTENT_DAMAGED', `the key of Patient/${row.patient} can't be unwrapped`, {
        cause,
      });
    }
  }

  async #wrapped(patient: string, key: Uint8Array) {
    const wrapped = await this.#keyring.wrap(key, context(patient));
    return { patient, wrapped: Buffer.from(wrapped).toString('base64') };
  }
}

function context(patient: string): string {
  return `patient/${patient}`;
}
