// SPDX-License-Identifier: Apache-2.0
import { Hl7Error } from '../../ingest/hl7/errors.ts';
import type { PatientMerge } from '../convert.ts';
import type { Instance } from '../instance.ts';
import type { Run } from '../run.ts';
import { fullUrlOf, knownByOf } from './entries.ts';

/** The name that message maps give to the Patient who is merged away. */
const PRIOR = 'prior';
const SURVIVOR = 'patient';

/** Which Patients a message says are one, each prior and the survivor of its group; asked for again when they have their ids. */
export function findMerges(run: Run): (() => PatientMerge[]) | undefined {
  const priors = run.instances.filter(({ name, type }) => name === PRIOR && type === 'Patient');
  if (priors.length === 0) return undefined;
  const pairs = priors.map((prior) => ({ prior, survivor: survivorOf(prior) }));
  return () => pairs.map(mergeOf);
}

function survivorOf(prior: Instance): Instance {
  const [survivor, another] = prior.group.named(SURVIVOR);
  const { name: segment, sequence } = prior.segment;
  if (!survivor || another)
    throw new Hl7Error('100', 'a merge has one PID for each MRG', { segment, sequence });
  return survivor;
}

function mergeOf({ prior, survivor }: { prior: Instance; survivor: Instance }): PatientMerge {
  if (survivor.id === prior.id) {
    const { name: segment, sequence } = prior.segment;
    const location = { segment, sequence, field: 1 };
    throw new Hl7Error('102', 'MRG-1 names the same patient as PID-3', location);
  }
  const nameOf = (side: Instance) => ({ knownBy: knownByOf(side), fullUrl: fullUrlOf(side) });
  return { survivor: nameOf(survivor), prior: nameOf(prior) };
}
