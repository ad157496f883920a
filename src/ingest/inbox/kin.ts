// SPDX-License-Identifier: Apache-2.0

/** More identifiers than that don't belong to one patient: somebody sends a filler such as "0000" as an identifier. */
const MAX_KIN = 64;

interface Root {
  readonly token: bigint;
  size: number;
}

/**
 * Which lane tokens are known to name one patient, learnt from the messages that carry several (A40 above all). Without it two
 * later messages, each with another one of a patient's identifiers, could overtake each other.
 *
 * Bounded: when full it forgets and learns anew. What is forgotten costs order only between messages in flight that share no
 * identifier; the store still finds one patient for both.
 */
export class Kin {
  readonly #parent = new Map<bigint, bigint>();
  readonly #sizes = new Map<bigint, number>();
  readonly #maxTokens: number;

  constructor(maxTokens: number) {
    this.#maxTokens = maxTokens;
  }

  /**
   * The lanes of a message with these tokens; from now on they are one. What it returns are the lanes as they were before, so that the
   * message stands behind everything earlier in each of them, and everything later stands behind the message.
   */
  lanes(tokens: readonly bigint[]): bigint[] {
    const roots = [...new Set(tokens.map((token) => this.#root(token).token))];
    if (roots.length > 1) this.#join(roots);
    return roots;
  }

  #join(roots: readonly bigint[]): void {
    if (this.#parent.size + roots.length > this.#maxTokens) {
      this.#parent.clear();
      this.#sizes.clear();
    }
    const [first, ...others] = roots.map((token) => this.#root(token)).sort((a, b) => b.size - a.size);
    if (!first) return;
    for (const other of others) {
      if (first.size + other.size > MAX_KIN) continue;
      this.#parent.set(other.token, first.token);
      first.size += other.size;
      this.#sizes.set(first.token, first.size);
      this.#sizes.delete(other.token);
    }
  }

  #root(token: bigint): Root {
    let root = token;
    for (let up = this.#parent.get(root); up !== undefined; up = this.#parent.get(root)) root = up;
    if (root !== token) this.#parent.set(token, root);
    return { token: root, size: this.#sizes.get(root) ?? 1 };
  }
}
