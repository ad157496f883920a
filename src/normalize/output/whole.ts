// SPDX-License-Identifier: Apache-2.0
import type { Element } from '../element.ts';
import type { Instance } from '../instance.ts';
import type { Run } from '../run.ts';
import { fieldBehind } from './origins.ts';

/**
 * Takes away members of arrays that R4 doesn't allow as they are, such as a participant's type without a participant, when what should
 * have filled them could not be used. What is left out is reported. Returns whether an element is gone altogether.
 */
export function dropFragments(instance: Instance, run: Run): boolean {
  const { type, resource, rules } = instance;
  let isGone = false;
  for (const { name, child } of rules.whole) {
    const members = resource[name];
    if (!Array.isArray(members)) continue;
    const whole = (members as Element[]).filter(
      (one) => one[child] !== undefined || one[`_${child}`] !== undefined,
    );
    if (whole.length === members.length) continue;
    run.loses = true;
    const left = members.findIndex((one) => !whole.includes(one));
    const at = fieldBehind(run, instance, members, left);
    run.report('warning', 'required', `a ${type}.${name} without ${child} was left out`, at);
    if (whole.length > 0) resource[name] = whole;
    else {
      delete resource[name];
      isGone = true;
    }
  }
  return isGone;
}
