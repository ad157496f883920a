// SPDX-License-Identifier: Apache-2.0
import { splitRow } from '../language/syntax.ts';

/**
 * Rows that can never act, by the row before them that takes all: one that fills the same element, which isn't a new member of a list,
 * from the same source in the same way without any condition, or with a fixed value.
 */
export function deadRows(rows: Readonly<Record<string, string>>): Map<string, string> {
  const first = new Map<string, string>();
  const dead = new Map<string, string>();
  for (const [id, text] of Object.entries(rows)) {
    const parts = splitRow(text);
    if (!parts || /\[\]|^@|^ignore$|^\$this$/.test(parts['path']!)) continue;
    const { path, source = '', type = '', codes = '', through = '', condition, present, absent } = parts;
    const always = condition === undefined && present === undefined && absent === undefined;
    const fixed = `${path} fixed ${through}`;
    const same = `${path} ${source} ${type} ${codes} ${through}`;
    const before = first.get(fixed) ?? first.get(same);
    if (before !== undefined) dead.set(id, before);
    else if (always) first.set(/^"[^{]*"$/.test(source) ? fixed : same, id);
  }
  return dead;
}
