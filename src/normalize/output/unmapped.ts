// SPDX-License-Identifier: Apache-2.0
import type { Message, Segment } from '../../ingest/hl7/message.ts';
import type { Unmapped } from '../convert.ts';
import type { Taken } from '../taken.ts';

/** Every value that no row took, but for the fields that `mappings/ignored.yaml` names as being about the message and not in it. */
export function listUnmapped(
  message: Message,
  taken: Taken,
  ignored: ReadonlyMap<string, ReadonlySet<number>>,
): Unmapped[] {
  const found: Unmapped[] = [];
  for (const segment of message.segments) {
    const skip = ignored.get(segment.name);
    for (let field = 1; field <= segment.fieldCount; field++) {
      if (segment.raw(field) !== '' && !skip?.has(field)) listField(segment, field, taken, found);
    }
  }
  return found;
}

function listField(segment: Segment, field: number, taken: Taken, found: Unmapped[]): void {
  const { name, sequence } = segment;
  if (segment.isDelete(field)) {
    if (!taken.has(segment, field, 1, 1, 1)) found.push({ segment: name, sequence, field, repetition: 1 });
    return;
  }
  const repetitions = segment.repetitions(field);
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    const components = segment.components(field, repetition);
    for (let component = 1; component <= components; component++) {
      const parts = segment.subcomponents(field, repetition, component);
      for (let part = 1; part <= parts; part++) {
        if (segment.value(field, repetition, component, part).trim() === '') continue;
        if (taken.has(segment, field, repetition, component, part)) continue;
        const whole = components === 1 && parts === 1;
        found.push({ segment: name, sequence, field, repetition, ...(whole ? {} : { component }) });
        break;
      }
    }
  }
}
