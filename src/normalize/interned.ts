// SPDX-License-Identifier: Apache-2.0

/** The same text as the engine keeps names of properties: one that was cut out of another is looked up anew at each use. */
export function interned(text: string): string {
  return Object.keys({ [text]: true })[0]!;
}
