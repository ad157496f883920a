// SPDX-License-Identifier: Apache-2.0

/** The code of what went wrong with a ledger or what follows it: never its text, which could quote anything. Undefined: it bears none. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
