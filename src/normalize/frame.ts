// SPDX-License-Identifier: Apache-2.0
import type { Segment } from '../ingest/hl7/message.ts';
import type { Element } from './element.ts';
import type { Group } from './grammar/group.ts';
import type { Instance } from './instance.ts';
import type { Run } from './run.ts';

/** Where in a message fields are read. */
export interface Scene {
  readonly group: Group;
  readonly segment: Segment;
}

/** Where a row is at work: one segment map applied to one segment, for one resource. */
export interface Frame extends Scene {
  readonly run: Run;
  readonly instance: Instance;
  /** The elements that rows of this application have given labels: `participant[attending]` of the second repetition. */
  readonly labels: Map<Element, Map<string, Element>>;
}
