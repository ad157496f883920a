// SPDX-License-Identifier: Apache-2.0

/** @typedef {{ resource: string, path: string, field: string, row: string }} Origin */

/** What belongs together: positions in the message and elements of the resources. */
export class Pairs {
  /** @type {Map<string, Origin[]>} */
  #byField = new Map();
  /** @type {Map<string, Origin[]>} */
  #byElement = new Map();
  /** @type {Set<string>} */
  #kept = new Set();
  /** @type {Map<string, string>} */
  #dropped = new Map();
  /** @type {any} */
  bundle;
  /** @type {any} */
  report;

  /** @param {any} explained the Parameters of the conversion; absent where there was none */
  constructor(explained) {
    for (const { name, resource, part } of explained?.parameter ?? []) {
      if (name === 'bundle') this.bundle = resource;
      else if (name === 'report') this.report = resource;
      else {
        /** @type {any} */
        const said = Object.fromEntries(part.map((/** @type {any} */ one) => [one.name, one.valueString]));
        if (name === 'origin') this.#add({ field: '', ...said });
        if (name === 'unmapped') this.#kept.add(said.field);
        if (name === 'dropped') this.#dropped.set(said.field, said.rule);
      }
    }
  }

  /** @param {Origin} origin */
  #add(origin) {
    append(this.#byElement, elementKey(origin.resource, origin.path), origin);
    if (origin.field !== '') append(this.#byField, origin.field, origin);
  }

  /** @param {string} position */
  ofField(position) {
    return this.#byField.get(position) ?? [];
  }

  /**
   * Of the element, or of the one that it is a part of.
   * @param {string} key
   */
  ofElement(key) {
    for (let at = key; at.includes(' '); at = at.replace(/(\.[^.[\]\s]+|\[\d+\]|\s\w+)$/, '')) {
      const found = this.#byElement.get(at);
      if (found) return found;
    }
    return [];
  }

  /** @param {string} position */
  isKept(position) {
    return this.#kept.has(position);
  }

  /** @param {string} position */
  ruleFor(position) {
    return this.#dropped.get(position);
  }
}

/** @param {string} resource @param {string} path */
export function elementKey(resource, path) {
  return `${resource} ${path}`;
}

/** @template T @param {Map<string, T[]>} map @param {string} key @param {T} member */
function append(map, key, member) {
  const members = map.get(key);
  if (members) members.push(member);
  else map.set(key, [member]);
}
