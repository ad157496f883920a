// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../../fhir/outcome.ts';
import type { Committed } from '../store.ts';
import type { Prepared } from '../unit/prepare.ts';
import { commitGroup, type Outcome, type Writing } from './group.ts';

// So that one transaction neither holds the others up for long nor grows beyond what a statement should carry.
const MAX_UNITS = 64;
const MAX_CHANGES = 400;
const MAX_ATTEMPTS = 4;

// While the disk writes one group, the next is worked out. They take turns in the database, and more would only make them smaller.
const MAX_RUNNING = 2;

// PostgreSQL, appendix A: unique_violation, serialization_failure, deadlock_detected.
const WORTH_REPEATING = new Set(['23505', '40001', '40P01']);

interface Waiting {
  readonly prepared: Prepared;
  readonly resolve: (committed: Committed) => void;
  readonly reject: (cause: unknown) => void;
}

/** Group commit: what arrives while a transaction is under way goes into the next one, together. */
export class Groups {
  readonly #writing: Writing;
  readonly #waiting: Waiting[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(writing: Writing) {
    this.#writing = writing;
  }

  commit(prepared: Prepared): Promise<Committed> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ prepared, resolve, reject });
      if (this.#running.size < MAX_RUNNING) this.#start();
    });
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #start(): void {
    const running = this.#run().finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #run(): Promise<void> {
    // One turn of the event loop, so that what is asked for at the same time goes together from the first.
    await new Promise((done) => setImmediate(done));
    while (this.#waiting.length > 0) await this.#commitNext();
  }

  async #commitNext(): Promise<void> {
    const group = this.#takeGroup();
    const units = group.map(({ prepared }) => prepared);
    const outcomes = await this.#commitTogether(units);
    for (const [position, { resolve, reject }] of group.entries()) {
      const outcome = outcomes[position] as Outcome;
      if ('committed' in outcome) resolve(outcome.committed);
      else reject(outcome.refused);
    }
  }

  #takeGroup(): Waiting[] {
    let count = 0;
    let changes = 0;
    for (const { prepared } of this.#waiting) {
      changes += Math.max(1, prepared.unit.changes.length);
      if (count > 0 && (count === MAX_UNITS || changes > MAX_CHANGES)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #commitTogether(units: readonly Prepared[]): Promise<Outcome[]> {
    if (units.length > 1) {
      try {
        return await commitGroup(units, this.#writing);
      } catch {
        // Nothing has happened. One of them may be the reason, and the others shouldn't suffer for it: each alone.
      }
    }
    const outcomes: Outcome[] = [];
    for (const unit of units) outcomes.push(await this.#commitAlone(unit));
    return outcomes;
  }

  async #commitAlone(unit: Prepared): Promise<Outcome> {
    for (let attempt = 1; ; attempt++) {
      try {
        const [outcome] = await commitGroup([unit], this.#writing);
        return outcome as Outcome;
      } catch (cause) {
        if (!WORTH_REPEATING.has((cause as { code?: string }).code ?? '')) return { refused: cause };
        if (attempt === MAX_ATTEMPTS) return { refused: conflict(cause) };
      }
    }
  }
}

function conflict(cause: unknown): FhirError {
  return new FhirError(
    409,
    [
      {
        severity: 'error',
        code: 'conflict',
        diagnostics: 'others keep changing the same resources: try again',
      },
    ],
    { cause },
  );
}
