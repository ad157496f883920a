// SPDX-License-Identifier: Apache-2.0

/** Every choice of just more than half of the members, those without `own` first. One by one: of many members there are many. */
export function* majorities(members: readonly string[], own: string): Generator<readonly string[]> {
  const count = Math.floor(members.length / 2) + 1;
  const others = members.filter((each) => each !== own);
  yield* choices(others, count);
  for (const rest of choices(others, count - 1)) yield [own, ...rest];
}

function* choices(members: readonly string[], count: number): Generator<readonly string[]> {
  if (count === 0) return yield [];
  const [first, ...rest] = members;
  if (first === undefined) return;
  for (const each of choices(rest, count - 1)) yield [first, ...each];
  yield* choices(rest, count);
}
