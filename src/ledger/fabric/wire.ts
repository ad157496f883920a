// SPDX-License-Identifier: Apache-2.0

/** Bytes of a block that are not what they should be. The message says which part, never what stands in it. */
export class BlockError extends Error {
  override readonly name = 'BlockError';
  readonly code = 'BLOCK_MALFORMED';
}

/** `bytes` are empty and a `number` is 0 where they are left out; a `message` is `undefined`; of what is `repeated` each one is listed. */
type Kind = 'bytes' | 'number' | 'message' | 'repeated';
export type Shape = Readonly<Record<string, readonly [field: number, kind: Kind]>>;
interface Values {
  readonly bytes: Uint8Array;
  readonly number: bigint;
  readonly message: Uint8Array | undefined;
  readonly repeated: readonly Uint8Array[];
}
export type Message<S extends Shape> = { readonly [Name in keyof S]: Values[S[Name][1]] };

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const EMPTY = new Uint8Array(0);
const MAX_UINT64 = 2n ** 64n - 1n;

/**
 * Reads a protobuf message in its one shortest spelling: fields in order, none twice, none unknown, none that could be left out. Two
 * programs could read other spellings differently, under one signature. Libraries are lenient there, and some trust lengths that they
 * read; these bytes come from anyone. Throws BlockError.
 */
export function readMessage<S extends Shape>(bytes: Uint8Array, what: string, shape: S): Message<S> {
  const found = readFields(bytes, what);
  const read: Record<string, unknown> = {};
  for (const [name, [field, kind]] of Object.entries(shape)) {
    read[name] = memberOf(found.get(field) ?? [], kind, `${name} of ${what}`);
    found.delete(field);
  }
  if (found.size > 0) throw new BlockError(`${what} has a member that is not known`);
  return read as Message<S>;
}

/** One field of a message, as `readMessage` takes it. */
export function writeField(field: number, content: Uint8Array): Buffer {
  return Buffer.concat([
    varint(BigInt(field * 8 + LENGTH_DELIMITED)),
    varint(BigInt(content.length)),
    content,
  ]);
}

/** A member that protobuf can leave out and Fabric can't. Throws BlockError. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new BlockError(`${what} is missing`);
  return value;
}

/** Throws BlockError: what is no UTF-8 is no text in protobuf. */
export function textOf(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new BlockError(`${what} is no text`, { cause });
  }
}

type Found = bigint | Uint8Array;

function readFields(bytes: Uint8Array, what: string): Map<number, Found[]> {
  const fields = new Map<number, Found[]>();
  let before = 0;
  let at = 0;
  const next = () => {
    const { value, end } = readVarint(bytes, at, what);
    at = end;
    return value;
  };
  while (at < bytes.length) {
    const tag = next();
    const field = Number(tag >> 3n);
    if (field < before) throw new BlockError(`${what} has its members in another order`);
    before = field;
    const value = next();
    let found: Found = value;
    if (Number(tag & 7n) === LENGTH_DELIMITED) {
      if (value > BigInt(bytes.length - at)) throw new BlockError(`${what} ends too early`);
      found = bytes.subarray(at, at + Number(value));
      at += Number(value);
    } else if (Number(tag & 7n) !== VARINT) throw new BlockError(`${what} has a member of another kind`);
    const same = fields.get(field);
    if (same) same.push(found);
    else fields.set(field, [found]);
  }
  return fields;
}

function memberOf(found: readonly Found[], kind: Kind, what: string): Values[Kind] {
  const asBytes = found.filter((each) => typeof each !== 'bigint');
  if (kind === 'number' ? asBytes.length > 0 : asBytes.length < found.length)
    throw new BlockError(`${what} is of another kind`);
  if (kind === 'repeated') return asBytes;
  const [first] = found;
  if (found.length > 1) throw new BlockError(`${what} is there twice`);
  // What is empty or zero is left out, except a message: that it is there says something.
  if (kind === 'message') return asBytes[0];
  if (first === 0n || (kind === 'bytes' && asBytes[0]?.length === 0))
    throw new BlockError(`${what} is empty`);
  return first ?? (kind === 'number' ? 0n : EMPTY);
}

/** Protocol Buffers, “Base 128 Varints”: seven bits a byte, the lowest first, at most 64, and no byte more than it takes. */
function readVarint(bytes: Uint8Array, start: number, what: string): { value: bigint; end: number } {
  let value = 0n;
  for (let at = start; at < start + 10; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) throw new BlockError(`${what} ends too early`);
    value |= BigInt(byte & 0x7f) << BigInt(7 * (at - start));
    if (byte >= 0x80) continue;
    if (value > MAX_UINT64 || (byte === 0 && at > start)) break;
    return { value, end: at + 1 };
  }
  throw new BlockError(`${what} has a number that is none`);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.of(...bytes, Number(rest));
}
