// SPDX-License-Identifier: Apache-2.0

/** Something to be done in turn: after everything earlier that shares one of its keys, beside everything that shares none. */
export interface Task {
  readonly keys: readonly bigint[];
  /** Must not reject: a failure is dealt with inside, so that the lane goes on. */
  run(): Promise<void>;
}

interface Place {
  readonly task: Task;
  readonly keys: readonly bigint[];
  /** Earlier places that still stand before this one. */
  ahead: number;
  readonly behind: Place[];
  readonly onDone: (() => void)[];
  running: boolean;
}

/**
 * Queues that cross: a task stands in one lane per key and runs when it is first in all of them. Each place remembers only
 * the ones directly before and behind it, so that adding and finishing cost as much as the task has keys.
 */
export class Lanes {
  readonly #last = new Map<bigint, Place>();
  readonly #places = new Set<Place>();
  readonly #ready: Place[] = [];
  readonly #maxRunning: () => number;
  #running = 0;
  #stopped = false;

  /** `maxRunning` is asked before each start; when it may have grown, `wake` makes use of it. */
  constructor(maxRunning: () => number) {
    this.#maxRunning = maxRunning;
  }

  /** Tasks that wait or run. */
  get size(): number {
    return this.#places.size;
  }

  add(task: Task): void {
    const place: Place = {
      task,
      keys: [...new Set(task.keys)],
      ahead: 0,
      behind: [],
      onDone: [],
      running: false,
    };
    for (const key of place.keys) {
      const before = this.#last.get(key);
      if (before) {
        before.behind.push(place);
        place.ahead += 1;
      }
      this.#last.set(key, place);
    }
    this.#places.add(place);
    if (place.ahead === 0) this.#ready.push(place);
    this.wake();
  }

  /** Starts what may start. */
  wake(): void {
    while (!this.#stopped && this.#ready.length > 0 && this.#running < this.#maxRunning()) {
      const place = this.#ready.shift()!;
      place.running = true;
      this.#running += 1;
      void place.task.run().finally(() => this.#finish(place));
    }
  }

  /** Resolves when everything that stands in a lane now has been done. */
  async settled(): Promise<void> {
    await Promise.all([...this.#places].map((place) => new Promise<void>((done) => place.onDone.push(done))));
  }

  /** Starts nothing more; resolves when what runs has ended. What waits is dropped. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const running = [...this.#places].filter((place) => place.running);
    await Promise.all(running.map((place) => new Promise<void>((done) => place.onDone.push(done))));
    for (const place of this.#places) for (const done of place.onDone) done();
    this.#places.clear();
    this.#last.clear();
  }

  #finish(place: Place): void {
    this.#running -= 1;
    this.#places.delete(place);
    for (const key of place.keys) if (this.#last.get(key) === place) this.#last.delete(key);
    for (const next of place.behind) {
      next.ahead -= 1;
      if (next.ahead === 0) this.#ready.push(next);
    }
    this.wake();
    for (const done of place.onDone) done();
  }
}
