// SPDX-License-Identifier: Apache-2.0

/** `block.position` of the transaction that wrote a key; empty: there is no such key. */
export type Version = string;

/** A slot of the ledger's state: public under its key, private under collection and key. */
export interface Slot {
  readonly collection?: string;
  readonly key: string;
}

export interface Write extends Slot {
  /** Absent: deleted. */
  readonly value?: Uint8Array;
  /** Private data only: what was there before goes for good, too. */
  readonly purge?: true;
}

/** A range that was read, `end` excluded, with what was in it. */
export interface RangeRead {
  readonly start: string;
  readonly end: string;
  readonly found: readonly { readonly key: string; readonly version: Version }[];
}

/** What a transaction read and wants to write: simulated first, written only when what it read still holds. */
export class ReadWriteSet {
  readonly reads = new Map<string, { slot: Slot; version: Version }>();
  readonly ranges: RangeRead[] = [];
  readonly writes = new Map<string, Write>();
  event?: { readonly name: string; readonly payload: Uint8Array };

  read(slot: Slot, version: Version): void {
    this.reads.set(slotName(slot), { slot, version });
  }

  write(write: Write): void {
    this.writes.set(slotName(write), write);
  }

  /** MVCC as Fabric validates a block: earlier transactions of it may have written what this one read, phantoms included. */
  conflictsWith(written: ReadonlySet<string>, publicKeys: readonly string[]): boolean {
    for (const name of this.reads.keys()) if (written.has(name)) return true;
    return this.ranges.some(({ start, end }) =>
      publicKeys.some((key) => compareKeys(key, start) >= 0 && compareKeys(key, end) < 0),
    );
  }
}

export function slotName({ collection = '', key }: Slot): string {
  return `${collection}\u0001${key}`;
}

/** The order of keys is that of their UTF-8 bytes, as in Fabric's databases and in a bytea column. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}
