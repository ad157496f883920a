// SPDX-License-Identifier: Apache-2.0

/** Who has the one session, and who is next: the urgent before the others, and each kind in the order in which they came. */
export class Turns {
  readonly #urgent: (() => void)[] = [];
  readonly #others: (() => void)[] = [];
  #taken = false;

  /** Resolves when the turn has come, with the function that gives it back; calling that again does nothing. */
  async take(urgent: boolean): Promise<() => void> {
    if (this.#taken) await new Promise<void>((come) => (urgent ? this.#urgent : this.#others).push(come));
    this.#taken = true;
    let mine = true;
    return () => {
      if (mine) this.#giveBack();
      mine = false;
    };
  }

  /** Handed over directly: nobody who comes meanwhile gets in between. */
  #giveBack(): void {
    const next = this.#urgent.shift() ?? this.#others.shift();
    if (next) next();
    else this.#taken = false;
  }
}
