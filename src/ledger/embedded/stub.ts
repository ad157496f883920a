// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import type { ChaincodeStub, ClientIdentity } from 'fabric-shim-api';
import type { Identity, Proposal } from './proposal.ts';
import type { ReadWriteSet } from './rwset.ts';
import type { CommittedState } from './state.ts';

// Fabric's own: composite keys begin with U+0000, and their parts end with it; U+10FFFF is above every part.
const SEPARATOR = '\u0000';
const HIGHEST = '\u{10ffff}';
const EMPTY: Uint8Array = Buffer.alloc(0);

/**
 * What a contract sees of the ledger, as Fabric's shim shows it: reads are of the committed state and never of the
 * transaction's own writes, there is one event a transaction, and nothing is written before the block is.
 */
export function emulateStub(proposal: Proposal, state: CommittedState, set: ReadWriteSet): ChaincodeStub {
  const { transaction, identity } = proposal;
  const readOne = async (key: string, collection?: string) => {
    const slot = { key, ...(collection === undefined ? {} : { collection }) };
    const found = await state.get(slot);
    set.read(slot, found?.version ?? '');
    return found?.value ?? EMPTY;
  };
  const readRange = async (start: string, end: string) => {
    const found = await state.range(start, end);
    set.ranges.push({ start, end: end || HIGHEST, found });
    return found.map(({ key, value }) => ({ namespace: 'mooring', key, value }));
  };
  const stub = {
    getArgs: () => [`${transaction.contract}:${transaction.name}`, ...transaction.args],
    getStringArgs: () => [`${transaction.contract}:${transaction.name}`, ...transaction.args],
    getFunctionAndParameters: () => ({ fcn: transaction.name, params: [...transaction.args] }),
    getTxID: () => proposal.id,
    getChannelID: () => 'mooring',
    getCreator: () => ({ mspid: identity.mspId, idBytes: Buffer.from(identity.name, 'utf8') }),
    getMspID: () => identity.mspId,
    getTransient: () => new Map(Object.entries(transaction.transient ?? {})),
    getTxTimestamp: () => timestamp(proposal.at),
    getDateTimestamp: () => new Date(proposal.at),
    getBinding: () => createHash('sha256').update(proposal.id).digest('hex'),

    getState: (key: string) => readOne(key),
    putState: async (key: string, value: Uint8Array) =>
      set.write({ key: nonEmpty(key), value: Buffer.from(value) }),
    deleteState: async (key: string) => set.write({ key: nonEmpty(key) }),
    getStateByRange: (start: string, end: string) => iterate(readRange(start || '\u0001', end)),
    getStateByPartialCompositeKey: (kind: string, parts: string[]) => {
      const prefix = compositeKey(kind, parts);
      return iterate(readRange(prefix, prefix + HIGHEST));
    },
    getHistoryForKey: (key: string) =>
      iterate(
        state.history(key).then((modifications) =>
          modifications.map(({ transaction: txId, at, value }) => ({
            txId,
            timestamp: timestamp(at),
            isDelete: value === undefined,
            value: value ?? EMPTY,
          })),
        ),
      ),

    getPrivateData: (collection: string, key: string) => readOne(key, collection),
    getPrivateDataHash: async (collection: string, key: string) => {
      const value = await readOne(key, collection);
      return value.length === 0 ? EMPTY : createHash('sha256').update(value).digest();
    },
    putPrivateData: async (collection: string, key: string, value: Uint8Array) =>
      set.write({ collection, key: nonEmpty(key), value: Buffer.from(value) }),
    deletePrivateData: async (collection: string, key: string) =>
      set.write({ collection, key: nonEmpty(key) }),
    purgePrivateData: async (collection: string, key: string) =>
      set.write({ collection, key: nonEmpty(key), purge: true }),

    setEvent: (name: string, payload: Uint8Array) => {
      if (name === '') throw new Error('an event needs a name');
      set.event = { name, payload: Buffer.from(payload) };
    },
    createCompositeKey: compositeKey,
    splitCompositeKey: (key: string) => {
      const [objectType = '', ...attributes] = key.slice(1, -1).split(SEPARATOR);
      return { objectType, attributes };
    },
  };
  // What isn't here (rich queries, other chaincodes, pagination) depends on the peer's database, and no contract of ours may use it.
  return stub as unknown as ChaincodeStub;
}

export function emulateIdentity({ mspId, name }: Identity): ClientIdentity {
  return {
    getMSPID: () => mspId,
    getID: () => `x509::/CN=${name}::/CN=${mspId}`,
    getIDBytes: () => Buffer.from(name, 'utf8'),
    getAttributeValue: () => null,
    assertAttributeValue: () => false,
  };
}

function compositeKey(kind: string, parts: string[]): string {
  for (const part of [kind, ...parts]) {
    if (part.includes(SEPARATOR) || part.includes(HIGHEST))
      throw new Error('a part of a composite key has a reserved character');
  }
  return SEPARATOR + [kind, ...parts].map((part) => part + SEPARATOR).join('');
}

function nonEmpty(key: string): string {
  if (key === '') throw new Error('a key must not be empty');
  return key;
}

/** Protobuf's form, of which `seconds` would be a Long: its two halves and the one method that is called on it. */
function timestamp(at: number): unknown {
  const seconds = Math.floor(at / 1000);
  const long = {
    low: seconds | 0,
    high: Math.floor(seconds / 2 ** 32),
    unsigned: false,
    toNumber: () => seconds,
  };
  return { seconds: long, nanos: (at % 1000) * 1_000_000 };
}

/** The shim's queries are at once a promise of an iterator and themselves iterable. */
function iterate<T>(found: Promise<readonly T[]>): unknown {
  const iterator = found.then((entries) => {
    let index = 0;
    return {
      async next() {
        const value = entries[index];
        index += 1;
        return value === undefined ? { done: true } : { value, done: false };
      },
      async close() {},
    };
  });
  return Object.assign(iterator, {
    async *[Symbol.asyncIterator]() {
      yield* await found;
    },
  });
}
