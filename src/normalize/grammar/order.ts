// SPDX-License-Identifier: Apache-2.0
import type { Group, Placed } from './group.ts';

/** What stands at one position of a group, and where the message has it. */
interface Part {
  /** Index of the position; absent: it has none. */
  index: number | undefined;
  readonly sent: number;
  readonly placed: readonly Placed[];
}

/**
 * The segments of a group in the order of the structure, whatever the order in which they were sent: whether there is a visit doesn't
 * depend on whether PV1 stands before DG1. One without a place stays behind the one that it was sent behind.
 */
export function inOrder(group: Group): readonly Placed[] {
  const segments = group.placed.map(
    (one): Part => ({ index: one.position?.index, sent: one.segment.index, placed: [one] }),
  );
  const groups = group.children.map((child): Part => {
    const placed = inOrder(child);
    const sent = Math.min(...placed.map(({ segment }) => segment.index));
    return { index: child.position.index, sent, placed };
  });
  const parts = [...segments, ...groups].sort((one, other) => one.sent - other.sent);
  let before = -1;
  for (const part of parts) before = part.index ??= before;
  return parts.sort((one, other) => one.index! - other.index!).flatMap(({ placed }) => placed);
}
