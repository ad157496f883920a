// SPDX-License-Identifier: Apache-2.0

/** `: did you mean birthDate?` when one of the known names is nearly that; else nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: string | undefined;
  let least = limit + 1;
  for (const other of known) {
    if (Math.abs(other.length - name.length) >= least) continue;
    const changes = distance(name.toLowerCase(), other.toLowerCase());
    if (changes >= least) continue;
    best = other;
    least = changes;
  }
  return best === undefined ? '' : `: did you mean ${best}?`;
}

/** How many letters have to be changed, added, taken away or swapped with their neighbour (optimal string alignment). */
function distance(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const next = [row];
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1];
      let least = Math.min(last[column]! + 1, next[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (swapped) least = Math.min(least, before[column - 2]! + 1);
      next.push(least);
    }
    before = last;
    last = next;
  }
  return last[other.length]!;
}
