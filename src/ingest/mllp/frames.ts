// SPDX-License-Identifier: Apache-2.0

// HL7 v2 implementation guide, appendix C (MLLP release 1): <VT> message <FS><CR>.
const START = 0x0b;
const END = 0x1c;
const CARRIAGE_RETURN = 0x0d;
const RESTART = Buffer.from('\u000bMSH', 'latin1');

export interface FrameLimits {
  readonly maxMessageBytes: number;
  /** How much may stand between frames before the peer is taken for something that doesn't speak MLLP. */
  readonly maxNoiseBytes: number;
}

/** What stops a connection: nothing that comes after it can be told apart any more. */
export type FrameFault = 'TOO_LARGE' | 'NOISE';

/** One message without its frame. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(message.length + 3);
  framed[0] = START;
  framed.set(message, 1);
  framed[message.length + 1] = END;
  framed[message.length + 2] = CARRIAGE_RETURN;
  return framed;
}

/**
 * Cuts messages out of a byte stream, whatever pieces it comes in. Each byte is looked at once, and copied only when a message
 * comes in several pieces, into a buffer that doubles: a byte a packet costs no more than that.
 */
export class FrameReader {
  readonly #limits: FrameLimits;
  #state: 'between' | 'inside' | 'ending' = 'between';
  #rest: Buffer = Buffer.alloc(0);
  /** The unfinished message: its first `#bytes` bytes. A lone piece stays where it came in until there is a second. */
  #message: Buffer = Buffer.alloc(0);
  #bytes = 0;
  #noiseBytes = 0;
  #fault: FrameFault | undefined;

  constructor(limits: FrameLimits) {
    this.#limits = limits;
  }

  /** Whether a message has begun and not ended. */
  get unfinished(): boolean {
    return this.#state !== 'between';
  }

  /** Set when the stream can't be followed any more; no message comes out after that. */
  get fault(): FrameFault | undefined {
    return this.#fault;
  }

  /** Bytes held of messages that aren't complete or were not taken yet. */
  get heldBytes(): number {
    return this.#bytes + this.#rest.length;
  }

  /** What there is of the unfinished message. */
  beginning(): Buffer {
    return this.#message.subarray(0, this.#bytes);
  }

  push(chunk: Buffer): void {
    if (this.#fault) return;
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
  }

  /** The next complete message, or undefined until more bytes come. */
  next(): Buffer | undefined {
    while (this.#rest.length > 0 && !this.#fault) {
      const message = this.#step();
      if (message) return message;
    }
    return undefined;
  }

  #step(): Buffer | undefined {
    switch (this.#state) {
      case 'between':
        this.#findStart();
        return undefined;
      case 'inside':
        this.#findEnd();
        return undefined;
      case 'ending':
        return this.#finish();
      default:
        this.#state satisfies never;
        return undefined;
    }
  }

  #findStart(): void {
    const start = this.#rest.indexOf(START);
    this.#noiseBytes += start < 0 ? this.#rest.length : start;
    if (this.#noiseBytes > this.#limits.maxNoiseBytes) {
      this.#stop('NOISE');
      return;
    }
    this.#rest = start < 0 ? Buffer.alloc(0) : this.#rest.subarray(start + 1);
    if (start >= 0) this.#state = 'inside';
  }

  #findEnd(): void {
    const end = this.#rest.indexOf(END);
    this.#keep(this.#rest.subarray(0, end < 0 ? this.#rest.length : end));
    if (this.#fault) return;
    this.#rest = end < 0 ? Buffer.alloc(0) : this.#rest.subarray(end + 1);
    if (end >= 0) this.#state = 'ending';
  }

  /**
   * FS ends a message with CR behind it. Some senders leave the CR out, which the VT of the next message shows; before anything
   * else FS is a character of the message.
   */
  #finish(): Buffer | undefined {
    if (this.#rest[0] !== CARRIAGE_RETURN && this.#rest[0] !== START) {
      this.#state = 'inside';
      this.#keep(Buffer.of(END));
      return undefined;
    }
    if (this.#rest[0] === CARRIAGE_RETURN) this.#rest = this.#rest.subarray(1);
    const message = this.beginning();
    this.#message = Buffer.alloc(0);
    this.#bytes = 0;
    this.#noiseBytes = 0;
    this.#state = 'between';
    return lastBegun(message);
  }

  #keep(piece: Buffer): void {
    const bytes = this.#bytes + piece.length;
    if (bytes > this.#limits.maxMessageBytes) {
      if (this.#bytes === 0) this.#keep(piece.subarray(0, this.#limits.maxMessageBytes));
      this.#stop('TOO_LARGE');
      return;
    }
    if (this.#bytes === 0) {
      this.#message = piece;
    } else {
      if (bytes > this.#message.length) this.#grow(bytes);
      piece.copy(this.#message, this.#bytes);
    }
    this.#bytes = bytes;
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafe(Math.max(bytes, this.#bytes * 2));
    this.#message.copy(larger, 0, 0, this.#bytes);
    this.#message = larger;
  }

  #stop(fault: FrameFault): void {
    this.#fault = fault;
    this.#rest = Buffer.alloc(0);
  }
}

/** A sender that gave up in the middle and began again: what it gave up was never answered, and it will send it again. */
function lastBegun(message: Buffer): Buffer {
  const restart = message.lastIndexOf(RESTART);
  return restart < 0 ? message : message.subarray(restart + 1);
}
