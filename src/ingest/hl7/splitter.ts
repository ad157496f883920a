// SPDX-License-Identifier: Apache-2.0
import { decode } from './decode.ts';
import { type WideForm, wideForm } from './wide.ts';

/** The segments around the messages of a file (HL7 v2 §2.10.3): header and trailer of the file and of a batch. */
export type BatchSegment = 'FHS' | 'BHS' | 'BTS' | 'FTS';

/** What a file consists of: messages, and batch segments with what stands behind them. */
export type Part =
  | {
      readonly kind: 'message';
      readonly bytes: Buffer;
      /** There is more than was to be kept: `bytes` is only the beginning. */
      readonly cut: boolean;
      /** Whether it begins with MSH. */
      readonly headed: boolean;
    }
  | { readonly kind: BatchSegment; readonly text: string };

const CR = 0x0d;
const LF = 0x0a;
const FRAME_END = 0x1c;
const SPACE = 0x20;
const UTF8_MARK = Buffer.of(0xef, 0xbb, 0xbf);
const WIDE_MARK = 0xfeff;
/** Units that it takes to tell what begins with a line: a byte order mark, a name, and what stands behind it. */
const LOOK_AHEAD = 7;
const NAMES: ReadonlySet<string> = new Set<Part['kind'] | 'MSH'>(['MSH', 'FHS', 'BHS', 'BTS', 'FTS']);

/**
 * Cuts a stream of bytes into its parts, whatever pieces it comes in: a part ends where the next begins, or with the stream. Lines
 * are told by single bytes, which no set of several bytes has inside its characters, or by the units of UTF-16 and UTF-32. What
 * stands in front of the first part without being one comes as a message, to be refused by name. Holds no more than one part.
 */
export class Splitter {
  readonly #maxPartBytes: number;
  #wide: WideForm | undefined;
  /** Bytes of a unit; 0 until the first bytes have told. */
  #width = 0;
  /** Not looked at yet: it takes more to tell what it is. */
  #rest: Buffer = Buffer.alloc(0);
  #atLineStart = true;
  /** The part that has begun. */
  #kind: Part['kind'] | undefined;
  #headed = false;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #cut = false;

  constructor(maxPartBytes = Number.POSITIVE_INFINITY) {
    this.#maxPartBytes = maxPartBytes;
  }

  /** The parts that are complete with these bytes. */
  push(chunk: Uint8Array): Part[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    return this.#read(this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]), false);
  }

  /** The parts that remain when nothing follows. */
  end(): Part[] {
    const parts = this.#read(this.#rest, true);
    this.#keep(this.#rest);
    this.#finish(parts);
    return parts;
  }

  #read(data: Buffer, last: boolean): Part[] {
    const parts: Part[] = [];
    let at = 0;
    if (this.#width === 0) {
      if (data.length < 4 && !last) {
        this.#rest = data;
        return parts;
      }
      this.#wide = wideForm(data);
      this.#width = this.#wide?.width ?? 1;
      at = this.#wide?.markBytes ?? 0;
    }
    let kept = at;
    while (data.length - at >= this.#width) {
      if (this.#atLineStart) {
        at = this.#skipBlanks(data, at);
        if (this.#kind === undefined) kept = at;
        if (data.length - at < (last ? this.#width : LOOK_AHEAD * this.#width)) break;
        const name = this.#skipMark(data, at);
        const kind = this.#kindAt(data, name);
        if (kind || this.#kind === undefined) {
          this.#keep(data.subarray(kept, at));
          this.#finish(parts);
          this.#kind = kind ?? 'message';
          this.#headed = kind === 'message';
          kept = at;
        }
        at = name;
        this.#atLineStart = false;
      }
      at = this.#skipLine(data, at);
    }
    this.#keep(data.subarray(kept, at));
    this.#rest = data.subarray(at);
    return parts;
  }

  #code(data: Buffer, at: number): number {
    if (this.#width === 1) return data[at] ?? 0;
    if (data.length - at < this.#width) return 0;
    return this.#wide?.littleEndian ? data.readUIntLE(at, this.#width) : data.readUIntBE(at, this.#width);
  }

  #skipBlanks(data: Buffer, from: number): number {
    let at = from;
    while (data.length - at >= this.#width && this.#code(data, at) <= SPACE) at += this.#width;
    return at;
  }

  #skipMark(data: Buffer, at: number): number {
    if (this.#width > 1) return this.#code(data, at) === WIDE_MARK ? at + this.#width : at;
    return data[at] === UTF8_MARK[0] && data.subarray(at, at + 3).equals(UTF8_MARK) ? at + 3 : at;
  }

  #kindAt(data: Buffer, at: number): Part['kind'] | undefined {
    const first = this.#code(data, at);
    if (first !== 0x4d && first !== 0x46 && first !== 0x42) return undefined; // M, F, B
    const [second, third, next] = [1, 2, 3].map((unit) => this.#code(data, at + unit * this.#width));
    const name = String.fromCharCode(first, second!, third!);
    // A word that begins like a segment is none: what follows is a delimiter, or nothing.
    if (!NAMES.has(name) || /[\dA-Za-z ]/.test(String.fromCharCode(next!))) return undefined;
    return name === 'MSH' ? 'message' : (name as BatchSegment);
  }

  /** Behind the end of the line, if it is in the data; else there is less than a unit behind it. */
  #skipLine(data: Buffer, from: number): number {
    let at = from;
    const width = this.#width;
    while (data.length - at >= width) {
      const code = width === 1 ? data[at]! : this.#code(data, at);
      at += width;
      if (code <= FRAME_END && (code === CR || code === LF || code === FRAME_END)) {
        this.#atLineStart = true;
        break;
      }
    }
    return at;
  }

  #keep(piece: Buffer): void {
    if (this.#kind === undefined) return;
    const room = this.#maxPartBytes - this.#bytes;
    if (piece.length > room) this.#cut = true;
    const fitting = piece.length > room ? piece.subarray(0, room) : piece;
    if (fitting.length === 0) return;
    this.#pieces.push(fitting);
    this.#bytes += fitting.length;
  }

  #finish(parts: Part[]): void {
    const kind = this.#kind;
    if (kind === undefined) return;
    const bytes = this.#ended(Buffer.concat(this.#pieces, this.#bytes + this.#width));
    parts.push(
      kind === 'message'
        ? { kind, bytes, cut: this.#cut, headed: this.#headed }
        : { kind, text: this.#textOf(bytes) },
    );
    this.#kind = undefined;
    this.#pieces = [];
    this.#bytes = 0;
    this.#cut = false;
  }

  /** Without the blanks at the end, and with one CR there; `bytes` has room for it. */
  #ended(bytes: Buffer): Buffer {
    let end = this.#bytes;
    while (end >= this.#width && this.#code(bytes, end - this.#width) <= SPACE) end -= this.#width;
    bytes.fill(0, end, end + this.#width);
    bytes[this.#width > 1 && !this.#wide?.littleEndian ? end + this.#width - 1 : end] = CR;
    return bytes.subarray(0, end + this.#width);
  }

  #textOf(bytes: Buffer): string {
    const { encoding = 'utf-8' } = this.#wide ?? {};
    return (decode(bytes, encoding) ?? decode(bytes, 'windows-1252')!).replace(/^\ufeff/, '').trimEnd();
  }
}
