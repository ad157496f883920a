// SPDX-License-Identifier: Apache-2.0
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { Member } from '../../test/fabric/support/member.ts';
import { readGauges } from '../gauges.ts';
import { measure, printSpread, spread } from '../rate.ts';
import { type Arrival, epochMs, watchBlocks } from './blocks.ts';
import { growingLogs } from './logs.ts';

interface Answer {
  readonly at: number;
  /** The hospital's bridge is new and was never rebuilt, so what it took in since its start is every block below this one. */
  readonly next: number;
}

/**
 * From a block's arrival at a client of the hospital's peer until an answer of the hospital's bridge shows that its projection has it,
 * while so many logs of the clinic are anchored at once: each checkpoint is written into the projection.
 */
export async function projectionLag(
  hospital: Member,
  ledgers: { readonly hospital: Ledger; readonly clinic: Ledger },
  { lanes, forMs }: { readonly lanes: number; readonly forMs: number },
): Promise<void> {
  const watch = await watchBlocks(ledgers.hospital, '');
  const answers: Answer[] = [];
  let going = true;
  const isBehind = () => Number(watch.arrivals.at(-1)?.number ?? -1) >= (answers.at(-1)?.next ?? 0);
  const asking = (async () => {
    while (going || isBehind()) {
      const next = (await readGauges(hospital.bridge))('consent_projection_blocks');
      answers.push({ at: epochMs(), next });
    }
  })();
  const { perSecond } = await measure({ lanes, warmMs: 1_000, forMs }, growingLogs(ledgers.clinic, lanes));
  going = false;
  await asking;
  await watch.stop();
  const what = `projection lag at ${perSecond.toFixed(0)} checkpoints/s`;
  printSpread(what, spread(watch.arrivals.map((each) => lagOf(each, answers))));
}

function lagOf({ number, at }: Arrival, answers: readonly Answer[]): number {
  const shows = answers.find(({ next }) => next > Number(number));
  if (!shows) throw new Error(`the projection never had block ${number}`);
  return shows.at - at;
}
