// SPDX-License-Identifier: Apache-2.0

/** Who waits for the end of which message, such as a sender that asked for an application acknowledgment. */
export class Endings {
  readonly #waiting = new Map<string, (() => void)[]>();
  #closed = false;

  /** Resolves when the message has ended, or the inbox closes. Ask before the message can end. */
  wait(id: string): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((done) => {
      const others = this.#waiting.get(id);
      if (others) others.push(done);
      else this.#waiting.set(id, [done]);
    });
  }

  ended(id: string): void {
    for (const done of this.#waiting.get(id) ?? []) done();
    this.#waiting.delete(id);
  }

  close(): void {
    this.#closed = true;
    for (const id of [...this.#waiting.keys()]) this.ended(id);
  }
}
