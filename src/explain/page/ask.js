// SPDX-License-Identifier: Apache-2.0

/** Kept nowhere but here: what isn't stored can't be found by the next person at this browser, and is gone with the page. */
let token = '';

/** @param {string} text */
export function useToken(text) {
  token = text.trim();
}

/** What the bridge says to a person when it can't answer. */
export class Refused extends Error {}

/**
 * Asks the bridge's operator interface. Throws Refused.
 * @param {string} path
 * @param {RequestInit} [request]
 */
export async function ask(path, request = {}) {
  const headers = { ...request.headers, authorization: `Bearer ${token}` };
  const response = await fetch(`/operator${path}`, { ...request, headers }).catch(() => {
    throw new Refused('The bridge does not answer.');
  });
  if (response.status === 401) throw new Refused('The bridge does not know this token.');
  if (response.status === 413) throw new Refused('The message is larger than the bridge takes.');
  const text = await response.text();
  if (response.ok) return readJson(text);
  throw new Refused(`The bridge refused: ${errorOf(text) ?? response.status}`);
}

/**
 * Numbers stay as they are written, where the browser tells: 1.50 is not 1.5.
 * @param {string} text
 */
function readJson(text) {
  return JSON.parse(text, (_key, value, /** @type {{ source?: string } | undefined} */ context) =>
    typeof value === 'number' && context?.source !== undefined ? new Literal(context.source) : value,
  );
}

/** A number as it was written. */
export class Literal {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }

  valueOf() {
    return Number(this.text);
  }
}

/** @param {string} text */
function errorOf(text) {
  try {
    return JSON.parse(text).error;
  } catch {
    return undefined;
  }
}
