// SPDX-License-Identifier: Apache-2.0

/** One thing after the other, in the order in which they were asked for. */
export function openTurns(): <T>(act: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const done = last.then(act);
    last = done.catch(() => {});
    return done;
  };
}
