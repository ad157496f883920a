// SPDX-License-Identifier: Apache-2.0
// What one subject does to the heap, as JSON: started by memory.ts, with a young generation that isn't collected meanwhile.
import { openPeers } from '../peers/open.ts';
import { collect } from './collect.ts';
import { FORMS, type Form, poolOf } from './messages.ts';
import { type Run, subjectsOf } from './subjects.ts';

const WARM_MS = 500;
const ALLOCATED_BYTES = 64 * 1024 * 1024;
const MAX_KEPT = 400;
const KEPT_MESSAGE_BYTES = 2_000_000;

/** Bytes a message. */
export interface Weight {
  /** All that is allocated on the way, garbage included: how far the heap grows before it is collected. */
  readonly allocated: number;
  /** What stays while the outcome is kept, the text of the message included where the outcome holds on to it. */
  readonly kept: number;
}

const subject = subjectsOf(await openPeers())[Number(process.argv[2])];
if (!subject) throw new Error(`there is no subject ${process.argv[2]}`);
const run = await subject.open();
console.log(JSON.stringify(FORMS.map((form) => weigh(run, form))));

function weigh(run: Run, form: Form): Weight {
  const pool = poolOf(form);
  const next = (n: number) => run(pool[n % pool.length]!);
  for (let n = 0, end = performance.now() + WARM_MS; performance.now() < end; n++) next(n);
  const one = grownBy(() => next(0)).bytes;
  const runs = Math.max(1, Math.min(10_000, Math.floor(ALLOCATED_BYTES / one)));
  const allocated = grownBy(() => {
    for (let n = 0; n < runs; n++) next(n);
  }).bytes;
  const keep = Math.max(4, Math.min(MAX_KEPT, Math.floor(KEPT_MESSAGE_BYTES / pool[0]!.length)));
  const kept = grownBy(() => Array.from({ length: keep }, (_, n) => next(n)), collect);
  return { allocated: allocated / runs, kept: kept.bytes / keep };
}

/** What the heap has grown by, and what was made, so that it is there until then. */
function grownBy<T>(work: () => T, meanwhile: () => void = () => undefined): { bytes: number; made: T } {
  collect();
  const from = process.memoryUsage().heapUsed;
  const made = work();
  meanwhile();
  return { bytes: process.memoryUsage().heapUsed - from, made };
}
