// SPDX-License-Identifier: Apache-2.0
// Works on messages with one subject whenever it is its turn: started by rounds.ts.
import { openPeers } from '../peers/open.ts';
import { FORMS, poolOf } from './messages.ts';
import { subjectsOf } from './subjects.ts';
import { work } from './work.ts';

export interface Turn {
  /** By its place in FORMS. */
  readonly form: number;
  readonly forMs: number;
}

const subject = subjectsOf(await openPeers())[Number(process.argv[2])];
if (!subject) throw new Error(`there is no subject ${process.argv[2]}`);
const run = await subject.open();
const pools = FORMS.map(poolOf);
// What takes a microsecond isn't asked for the time after each: the clock would be what is measured.
const batches = FORMS.map(() => 1);

process.on('message', ({ form, forMs }: Turn) => {
  const taken = work(run, pools[form]!, batches[form]!, forMs);
  batches[form] = Math.max(1, Math.floor(taken.messages / taken.cpuMs));
  process.send?.(taken);
});
process.on('disconnect', () => process.exit());
