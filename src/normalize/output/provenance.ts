// SPDX-License-Identifier: Apache-2.0
import type { Run } from '../run.ts';

const PROVENANCE = 'provenance';

/** The Provenance of a message speaks of what the message speaks of, not of what it only mentions. */
export function addTargets(run: Run): void {
  const provenance = run.instances.find((instance) => instance.name === PROVENANCE);
  if (!provenance) return;
  const others = run.instances.filter((instance) => instance !== provenance);
  const spoken = others.filter((instance) => !instance.once);
  const targets = new Set((spoken.length > 0 ? spoken : others).map((one) => `${one.type}/${run.idOf(one)}`));
  provenance.resource['target'] = [...targets].map((reference) => ({ reference }));
}
