// SPDX-License-Identifier: Apache-2.0

/** What was made of a message at its arrival, at hand for its processing while there is room. Each piece is taken once. */
export class Desk<T> {
  readonly #pieces = new Map<string, T>();
  readonly #maxPieces: number;

  constructor(maxPieces: number) {
    this.#maxPieces = maxPieces;
  }

  keep(id: string, piece: T): void {
    if (this.#pieces.size < this.#maxPieces) this.#pieces.set(id, piece);
  }

  take(id: string): T | undefined {
    const piece = this.#pieces.get(id);
    this.#pieces.delete(id);
    return piece;
  }

  drop(id: string): void {
    this.#pieces.delete(id);
  }
}
