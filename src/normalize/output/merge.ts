// SPDX-License-Identifier: Apache-2.0
import { Hl7Error } from '../../ingest/hl7/errors.ts';
import type { Conversion } from '../convert.ts';
import type { Run } from '../run.ts';
import { fullUrlOf, knownByOf } from './entries.ts';

/** The name that message maps give to the Patient who is merged away. */
const PRIOR = 'prior';
const SURVIVOR = 'patient';

/** Which two Patients a message says are one, if it does; asked for again when they have their ids. */
export function findMerge(run: Run): (() => NonNullable<Conversion['merge']>) | undefined {
  const [prior, secondPrior] = run.instances.filter((instance) => instance.name === PRIOR);
  if (!prior) return undefined;
  const [survivor, secondSurvivor] = run.instances.filter((instance) => instance.name === SURVIVOR);
  if (!survivor || secondPrior || secondSurvivor) {
    throw new Hl7Error('100', 'a merge message has one PID and one MRG', {
      segment: 'MRG',
      sequence: secondPrior ? 2 : 1,
    });
  }
  return () => {
    if (survivor.id === prior.id) {
      throw new Hl7Error('102', 'MRG-1 names the same patient as PID-3', {
        segment: 'MRG',
        sequence: 1,
        field: 1,
      });
    }
    const nameOf = (side: typeof survivor) => ({ knownBy: knownByOf(side), fullUrl: fullUrlOf(side) });
    return { survivor: nameOf(survivor), prior: nameOf(prior) };
  };
}
