// SPDX-License-Identifier: Apache-2.0
import type { Part } from './splitter.ts';

/** Checks the trailers of batches against what came (HL7 v2 §2.10.3): parts that are missing were lost on the way. */
export class BatchCount {
  #inFile = false;
  #inBatch = false;
  #messages = 0;
  #batches = 0;

  /** What is wrong with the part, in words: nothing, as a rule. */
  take(part: Part): string[] {
    switch (part.kind) {
      case 'message':
        this.#messages += 1;
        return [];
      case 'FHS': {
        const problems = this.end();
        this.#inFile = true;
        return problems;
      }
      case 'BHS': {
        const problems = this.#endBatch();
        this.#inBatch = true;
        this.#batches += 1;
        return problems;
      }
      case 'BTS': {
        const problem = compare('BTS-1', part.text, this.#messages, 'messages');
        if (!this.#inBatch) this.#batches += 1;
        this.#inBatch = false;
        this.#messages = 0;
        return problem;
      }
      case 'FTS': {
        const problems = this.#endBatch();
        // A file without batch segments: what its FTS counts is not agreed on.
        if (this.#batches > 0) problems.push(...compare('FTS-1', part.text, this.#batches, 'batches'));
        this.#inFile = false;
        this.#batches = 0;
        return problems;
      }
      default:
        part satisfies never;
        return [];
    }
  }

  /** What is wrong when nothing more comes. */
  end(): string[] {
    const problems = this.#endBatch();
    if (this.#inFile) problems.push('a file has no FTS: it may not be whole');
    this.#inFile = false;
    this.#batches = 0;
    return problems;
  }

  #endBatch(): string[] {
    const problems = this.#inBatch ? ['a batch has no BTS: it may not be whole'] : [];
    this.#inBatch = false;
    this.#messages = 0;
    return problems;
  }
}

function compare(place: string, segment: string, came: number, what: string): string[] {
  const [line = ''] = segment.split(/[\r\n]/, 1);
  const stated = line.slice(4).split(line.charAt(3), 1)[0]?.trim() ?? '';
  if (stated === '') return [];
  if (!/^\d{1,9}$/.test(stated)) return [`${place} is no number of ${what}: ${came} came`];
  return Number(stated) === came ? [] : [`${place} says ${Number(stated)} ${what}, but ${came} came`];
}
