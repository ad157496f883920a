// SPDX-License-Identifier: Apache-2.0
import type { Ledger } from '../../src/ledger/ledger.ts';
import { change, decisionOf, newPatient, unique } from '../../test/ledger/network.ts';
import { measure, print, type Rate } from '../rate.ts';
import { growingLogs } from './logs.ts';

/** Patients, and logs, that the transactions are spread over. */
const MANY = 64;
const AT_ONCE = [1, MANY] as const;
const WARM_MS = 2_000;

/** Grants, decisions and checkpoints of one leaf each, endorsed by a majority of three organizations. Answers the checkpoints' rates. */
export async function transactions(
  members: { readonly hospital: Ledger; readonly clinic: Ledger },
  forMs: number,
): Promise<{ readonly alone: Rate; readonly many: Rate }> {
  const { hospital } = members;
  const named = { ...members, hospitalId: 'hospital', clinicId: 'clinic' };
  const patients = await Promise.all(Array.from({ length: MANY }, () => newPatient(hospital)));
  // Decisions are about patients with one consent each, which grow no more.
  const decided = await Promise.all(Array.from({ length: MANY }, () => newPatient(hospital)));
  await Promise.all(decided.map((each) => change(hospital, each, { consent: unique('consent') })));

  for (const lanes of AT_ONCE) {
    const granted = await measure({ lanes, warmMs: WARM_MS, forMs }, async (n) => {
      await change(hospital, patients[n % MANY]!, { consent: unique('consent') });
    });
    print(`grant, ${lanes} at once`, granted);
  }
  for (const lanes of AT_ONCE) {
    const evaluated = await measure({ lanes, warmMs: WARM_MS, forMs }, async (n) => {
      const { effect } = await decisionOf(named, decided[n % MANY]!.subject);
      if (effect !== 'permit') throw new Error(`expected a permit, got ${effect}`);
    });
    print(`evaluate, ${lanes} at once`, evaluated);
  }
  const checkpoints = (lanes: number) =>
    measure({ lanes, warmMs: WARM_MS, forMs }, growingLogs(hospital, lanes));
  const [alone, many] = [await checkpoints(1), await checkpoints(MANY)];
  print('checkpoint, 1 log', alone);
  print(`checkpoint, ${MANY} logs at once`, many);
  return { alone, many };
}
