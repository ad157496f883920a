// SPDX-License-Identifier: Apache-2.0
import type { Element } from '../element.ts';
import { Frame } from '../frame.ts';
import { isSameAnywhere } from '../identity/names.ts';
import type { ResourceRules } from '../identity/rules.ts';
import { Instance } from '../instance.ts';
import type { Place } from '../place.ts';
import type { Fill } from './converter.ts';

/**
 * A data type that speaks of something which is a resource of its own: XCN of a Practitioner, PL of a Location. What it says goes into
 * that resource, and a Reference to it, with the words people know it by, where the row says.
 */
export function referenced(type: string, rules: ResourceRules, fillResource: Fill, once = rules.once): Fill {
  const mention = (place: Place, frame: Frame): Instance | undefined => {
    const { run } = frame;
    const instance = new Instance(place.print(), type, rules, frame, once);
    const inner = new Frame(frame, run, instance);
    const read = () => fillResource.fill(instance.resource, place, inner);
    const repeatable = run.mentions && !fillResource.outward ? run.watch(read) : void read();
    if (!instance.said) return undefined;
    run.instances.push(instance);
    if (repeatable && isSameAnywhere(instance))
      run.mentions?.remember(fillResource, place, { instance, ...repeatable });
    return instance;
  };
  return {
    kind: 'fill',
    outward: fillResource.outward === true,
    fill(target, place, frame) {
      // Of a resource of that very type, `$this` is what is meant.
      if (target['resourceType'] === type) return fillResource.fill(target, place, frame);
      if (target['reference'] !== undefined) return;
      const { run } = frame;
      const instance = run.mentions?.known(fillResource, place, run) ?? mention(place, frame);
      if (!instance) return;
      run.referTo(instance, target);
      const display = displayOf(instance.resource);
      if (display !== undefined) target['display'] = display;
    },
  };
}

/** The name of a person, organization or place as one reads it. */
export function displayOf(resource: Element): string | undefined {
  const name = resource['name'];
  if (typeof name === 'string') return name;
  const first = (Array.isArray(name) ? name[0] : undefined) as Element | undefined;
  if (!first) return undefined;
  let display: string | undefined;
  for (const part of PARTS_OF_NAME) {
    const said = first[part] as string | readonly string[] | undefined;
    if (said === undefined) continue;
    const words = typeof said === 'string' ? said : said.join(' ');
    display = display === undefined ? words : `${display} ${words}`;
  }
  return display;
}

const PARTS_OF_NAME = ['prefix', 'given', 'family', 'suffix'] as const;
