// SPDX-License-Identifier: Apache-2.0
import type { Provision } from '@mooring/chaincode/terms';

/** A participant that a Consent names, and the element that does. */
export interface Named {
  readonly participant: string;
  /** FHIRPath, such as `Consent.provision.provision[0].actor[1].reference`. */
  readonly element: string;
}

/** Every participant that a rule and its exceptions name as actors, in the order of the resource. Roles name nobody. */
export function namedIn(rule: Provision, path = 'Consent.provision'): readonly Named[] {
  const actors = (rule.actor ?? []).flatMap(({ participant }, index) =>
    participant === undefined ? [] : { participant, element: `${path}.actor[${index}].reference` },
  );
  const exceptions = (rule.provision ?? []).flatMap((nested, index) =>
    namedIn(nested, `${path}.provision[${index}]`),
  );
  return [...actors, ...exceptions];
}
