// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { Logger } from '../../operate/log.ts';
import { type AcknowledgementCode, buildAck } from '../ack.ts';
import { Hl7Error } from '../hl7/errors.ts';
import { FrameReader, frame } from './frames.ts';

/** Who sent a message, and the way back to it. */
export interface MllpPeer {
  readonly address: string;
  /** Common name of the certificate that it showed and we checked, when MLLP speaks TLS. */
  readonly certificateName?: string;
  /** Sends a further message, such as a later application acknowledgment: after the answers to this one. False when the peer is gone. */
  send(bytes: Uint8Array): boolean;
}

/** Answers a message; nothing is sent for undefined or an empty list. A rejection is answered with AE 207. */
export type MllpHandler = (bytes: Buffer, peer: MllpPeer) => Promise<readonly Uint8Array[] | undefined>;

export interface ConnectionLimits {
  readonly maxMessageBytes: number;
  readonly maxNoiseBytes: number;
  readonly maxInFlight: number;
  readonly idleMs: number;
  readonly now: () => number;
}

/** Bytes that all connections together hold in memory. */
export interface Budget {
  usedBytes: number;
  readonly maxBytes: number;
}

const LINGER_MS = 2_000;

/**
 * One connection: reads frames, hands up to `maxInFlight` of them on at a time and writes the answers in the order of the
 * messages. Nothing that a peer does throws here; in the worst case its connection ends.
 */
export class MllpConnection {
  readonly #socket: Socket;
  readonly #handle: MllpHandler;
  readonly #limits: ConnectionLimits;
  readonly #budget: Budget;
  readonly #logger: Logger;
  readonly #reader: FrameReader;
  readonly #identity: { address: string; certificateName?: string };
  /** Resolves when everything that is to be written so far has been handed to the socket. */
  #written: Promise<void> = Promise.resolve();
  #inFlight = 0;
  #heldBytes = 0;
  #accountedBytes = 0;
  #peerEnded = false;
  #ending = false;
  #closed = false;
  #deadline: NodeJS.Timeout | undefined;

  constructor(
    socket: Socket,
    identity: { address: string; certificateName?: string },
    handle: MllpHandler,
    limits: ConnectionLimits,
    budget: Budget,
    logger: Logger,
  ) {
    this.#socket = socket;
    this.#identity = identity;
    this.#handle = handle;
    this.#limits = limits;
    this.#budget = budget;
    this.#logger = logger;
    this.#reader = new FrameReader(limits);
    socket.setNoDelay(true);
    socket.setTimeout(limits.idleMs);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('drain', () => this.#pump());
    socket.on('end', () => {
      this.#peerEnded = true; // what it sent before is answered all the same
      this.#pump();
    });
    socket.on('timeout', () => this.#idle());
    socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#note('connection failed', { code: error.code }),
    );
    socket.on('close', () => this.#release());
  }

  /** Takes no more messages, answers those it has taken, then closes. */
  end(): void {
    this.#ending = true;
    this.#cancelDeadline();
    this.#socket.resume(); // what still comes is thrown away, so that its end is seen
    if (this.#inFlight === 0) this.#endSocket();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.#ending) return;
    this.#reader.push(chunk);
    this.#pump();
  }

  #pump(): void {
    while (!this.#ending && this.#ready()) {
      const message = this.#reader.next();
      if (!message) break;
      this.#start(message);
      this.#account();
    }
    this.#account();
    if (this.#reader.fault) this.#refuse(this.#reader.fault);
    else if (this.#reader.unfinished && this.#inFlight === 0 && this.#overBudget()) this.#refuse('BUSY');
    this.#watch();
    if (this.#ending) return;
    if (this.#peerEnded && this.#inFlight === 0 && this.#ready()) this.end();
    else if (this.#ready()) this.#socket.resume();
    else this.#socket.pause();
  }

  /** Back-pressure: nothing more is read while enough is in flight, or while the peer doesn't read its answers. */
  #ready(): boolean {
    if (this.#inFlight >= this.#limits.maxInFlight || this.#socket.writableNeedDrain) return false;
    return this.#inFlight === 0 || !this.#overBudget();
  }

  #overBudget(): boolean {
    return this.#budget.usedBytes > this.#budget.maxBytes;
  }

  #start(message: Buffer): void {
    this.#inFlight++;
    this.#heldBytes += message.length;
    const before = this.#written;
    let answersWritten = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answersWritten = resolve;
    });
    const peer: MllpPeer = {
      ...this.#identity,
      send: (bytes) => {
        if (!this.#socket.writable) return false;
        void answered.then(() => this.#write([bytes]));
        return true;
      },
    };
    this.#written = answered;
    void Promise.all([this.#answer(message, peer), before]).then(([answers]) => {
      this.#write(answers);
      answersWritten();
      this.#done(message);
    });
  }

  /** Never rejects. */
  async #answer(message: Buffer, peer: MllpPeer): Promise<readonly Uint8Array[]> {
    try {
      return (await this.#handle(message, peer)) ?? [];
    } catch (error) {
      this.#note('message not handled', { name: error instanceof Error ? error.name : typeof error });
      const failure = new Hl7Error('207', 'the message could not be processed; send it again');
      return this.#acknowledge(message, 'AE', failure);
    }
  }

  #done(message: Buffer): void {
    this.#inFlight--;
    this.#heldBytes -= message.length;
    this.#account();
    if (!this.#ending) this.#pump();
    else if (this.#inFlight === 0) this.#endSocket();
  }

  #endSocket(): void {
    void this.#written.then(() => {
      this.#socket.end();
      // A peer that never closes its side doesn't hold ours open.
      setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
    });
  }

  #write(messages: readonly Uint8Array[]): void {
    for (const message of messages) if (this.#socket.writable) this.#socket.write(frame(message));
  }

  #refuse(fault: 'TOO_LARGE' | 'NOISE' | 'BUSY'): void {
    if (this.#ending) return;
    this.#note('connection refused', { fault });
    if (fault !== 'NOISE') {
      const reason =
        fault === 'TOO_LARGE'
          ? `the message is larger than ${this.#limits.maxMessageBytes} bytes`
          : 'too much is being received at once; send the message again later';
      const refusal = this.#acknowledge(this.#reader.beginning(), 'AR', new Hl7Error('207', reason));
      this.#written = this.#written.then(() => this.#write(refusal));
    }
    this.end();
  }

  #acknowledge(message: Uint8Array, code: AcknowledgementCode, error: Hl7Error): readonly Uint8Array[] {
    try {
      return [buildAck(message, code, { errors: [error], now: this.#limits.now })];
    } catch (failure) {
      // No answer at all lets the sender repeat the message, which is better than a wrong one.
      this.#note('no acknowledgment could be built', { name: (failure as Error).name });
      this.end();
      return [];
    }
  }

  /** A message that has begun must end in time, however slowly its bytes trickle in. */
  #watch(): void {
    const waiting = this.#reader.unfinished && this.#inFlight === 0;
    if (waiting) this.#deadline ??= setTimeout(() => this.#overdue(), this.#limits.idleMs).unref();
    else this.#cancelDeadline();
  }

  #overdue(): void {
    this.#note('unfinished message', { bytes: this.#reader.heldBytes });
    this.destroy();
  }

  #cancelDeadline(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }

  #idle(): void {
    if (this.#inFlight > 0 && !this.#socket.writableNeedDrain) return; // we are the ones who keep it waiting
    this.#note('connection idle', {});
    this.destroy();
  }

  #account(): void {
    if (this.#closed) return;
    const held = this.#reader.heldBytes + this.#heldBytes;
    this.#budget.usedBytes += held - this.#accountedBytes;
    this.#accountedBytes = held;
  }

  #release(): void {
    this.#ending = true;
    this.#closed = true;
    this.#cancelDeadline();
    this.#budget.usedBytes -= this.#accountedBytes;
  }

  #note(what: string, detail: Record<string, unknown>): void {
    this.#logger.warn({ peer: this.#identity.address, ...detail }, `mllp: ${what}`);
  }
}
