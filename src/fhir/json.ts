// SPDX-License-Identifier: Apache-2.0
import { JsonReader } from './json-reader.ts';

/**
 * Lossless JSON. A FHIR decimal's precision carries meaning (FHIR R4 §2.24.0.1: 0.010 is not 0.01), but a JavaScript number forgets it.
 * Values are ordinary JavaScript values, so that ajv and types work untouched; the literals that would not print back the same (1.50, 1e3,
 * -0, beyond 2^53) are remembered beside them, by container and key. Spreading an object loses them: use `copyJson`.
 */
export interface JsonLimits {
  /** How many arrays and objects may be open at once. */
  readonly depth?: number;
  readonly sizeChars?: number;
}

export const MAX_DEPTH = 64;
export const MAX_SIZE_CHARS = 32 * 1024 * 1024;

const NUMBER_LITERAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

type Literals = Map<string | number, string>;
const literals = new WeakMap<object, Literals>();

/** Throws FhirError 400 with the offset, never with content, on anything that RFC 8259 or I-JSON (RFC 7493) forbids. */
export function parseJson(text: string, limits: JsonLimits = {}): unknown {
  return new JsonReader(text, remember, {
    depth: limits.depth ?? MAX_DEPTH,
    sizeChars: limits.sizeChars ?? MAX_SIZE_CHARS,
  }).read();
}

/** Sets `container[key]` to the number that the literal denotes, and has it printed as written: for decimals taken from HL7 NM text. */
export function setDecimal(container: object, key: string | number, literal: string): void {
  const value = Number(literal);
  if (!NUMBER_LITERAL.test(literal) || !Number.isFinite(value)) {
    throw new TypeError(`element ${key}: not a JSON number`);
  }
  (container as Record<string | number, unknown>)[key] = value;
  if (String(value) === literal) literals.get(container)?.delete(key);
  else remember(container, key, literal);
}

/** How a number was written, where that differs from how JavaScript prints it. Forgotten as soon as another value is put in its place. */
export function literalOf(container: object, key: string | number, value: number): string | undefined {
  const literal = literals.get(container)?.get(key);
  return literal !== undefined && Object.is(Number(literal), value) ? literal : undefined;
}

/** The text of a number as received, else as ECMAScript and thus RFC 8785 prints it. */
export function printNumber(container: object | undefined, key: string | number, value: number): string {
  const literal = container && literalOf(container, key, value);
  if (literal !== undefined) return literal;
  if (!Number.isFinite(value)) throw new TypeError(`element ${key}: JSON has no such number`);
  return String(value);
}

/** A deep copy that keeps the literals; members that are undefined are left out, as they are in print. */
export function copyJson<T>(value: T): T {
  return copy(value) as T;
}

export function printJson(value: unknown): string {
  return keepsLiterals(value) ? print(value, undefined, '') : JSON.stringify(value);
}

function remember(container: object, key: string | number, literal: string): void {
  const known = literals.get(container);
  if (known) known.set(key, literal);
  else literals.set(container, new Map([[key, literal]]));
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const twin: unknown[] | Record<string, unknown> = Array.isArray(value)
    ? value.map(copy)
    : copyMembers(value);
  const kept = literals.get(value);
  if (kept) literals.set(twin, new Map(kept));
  return twin;
}

function copyMembers(value: object): Record<string, unknown> {
  const twin: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) if (member !== undefined) twin[name] = copy(member);
  return twin;
}

// The engine's own printer is several times faster than ours, and most resources have no odd number: look first.
function keepsLiterals(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (literals.has(value)) return true;
  if (Array.isArray(value)) return value.some(keepsLiterals);
  for (const name in value) if (keepsLiterals((value as Record<string, unknown>)[name])) return true;
  return false;
}

function print(value: unknown, container: object | undefined, key: string | number): string {
  if (typeof value === 'number') return printNumber(container, key, value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) {
    return `[${value.map((member, index) => print(member ?? null, value, index)).join(',')}]`;
  }
  const members: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${print(member, value, name)}`);
  }
  return `{${members.join(',')}}`;
}
