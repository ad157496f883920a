// SPDX-License-Identifier: Apache-2.0

/** What a dry run answers: the Bundle, the report on the message alone, or all of it with where each element came from. */
export type Asked = 'bundle' | 'report' | 'explained';

/** Of the parameter `explain` and the header `Prefer`. What is not understood there is as if it had not been said (RFC 7240 §2). */
export function askedBy(explain: unknown, prefer: string | undefined): Asked {
  if (explain === '' || explain === 'true') return 'explained';
  const preferences = readPreferences((prefer ?? '').slice(0, MAX_PREFER));
  if (preferences.get('explain') === '') return 'explained';
  return preferences.get('return') === 'OperationOutcome' ? 'report' : 'bundle';
}

/** No header that means something is longer. */
const MAX_PREFER = 1_000;

/** RFC 7240 §2: `token [= word] *(; parameter)`, with commas between them. */
const PREFERENCE =
  /^\s*([!#$%&'*+.^_`|~\w-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~\w-]+)))?\s*(?:;.*)?$/s;

/** Their values by name, of which the case says nothing; of one that is there twice the first counts. */
function readPreferences(header: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of header.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/gs) ?? []) {
    const [whole, name = '', quoted, token] = PREFERENCE.exec(part) ?? [];
    if (whole === undefined || found.has(name.toLowerCase())) continue;
    found.set(name.toLowerCase(), quoted?.replace(/\\(.)/gs, '$1') ?? token ?? '');
  }
  return found;
}
