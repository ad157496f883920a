// SPDX-License-Identifier: Apache-2.0
import { Literal } from './ask.js';
import { elementKey } from './pairs.js';
import { Pane } from './pane.js';

/** @typedef {import('./pairs.js').Pairs} Pairs */
/** @typedef {{ depth: number, name: string, path: string, value?: unknown }} Row */

/**
 * The resources of the Bundle, a line each element.
 * @param {HTMLElement} root
 * @param {Pairs} pairs
 */
export function showResources(root, pairs) {
  const pane = new Pane(root, (key) => key.split(' ', 1)[0] ?? '');
  const entries = /** @type {{ fullUrl: string, resource: any }[]} */ (pairs.bundle?.entry ?? []);
  const { entry, ...own } = pairs.bundle ?? {};
  let total = 0;
  const resources = [...(pairs.bundle ? [{ fullUrl: 'Bundle', resource: own }] : []), ...entries].map(
    ({ fullUrl, resource }) => {
      const rows = rowsOf(resource);
      total += rows.length;
      const holder = document.createElement('article');
      const title = document.createElement('h3');
      title.id = `resource-${resource.id ?? fullUrl}`;
      title.tabIndex = -1;
      title.append(resource.resourceType, ' ', small(resource.id ?? ''));
      holder.setAttribute('aria-labelledby', title.id);
      holder.append(title);
      holder.style.minHeight = `${rows.length * LINE_REM + 3}rem`;
      pane.add(fullUrl, holder, () => {
        holder.append(...rows.map((row) => lineOf(row, fullUrl)));
      });
      return holder;
    },
  );

  /** @param {Row} row @param {string} fullUrl */
  function lineOf({ depth, name, path, value }, fullUrl) {
    const line = document.createElement('div');
    line.className = 'line';
    line.style.paddingInlineStart = `${depth * 1.25 + 0.5}rem`;
    const label = document.createElement('span');
    label.className = 'name';
    label.textContent = name;
    line.append(label);
    if (value !== undefined) {
      const key = elementKey(fullUrl, path);
      const kept = pairs.ofElement(key).some(({ row }) => row === 'unmapped');
      const shown = pane.value(key, String(value), kept ? `${path}, kept` : path);
      if (typeof value !== 'string') shown.classList.add('plain');
      if (kept) shown.classList.add('kept');
      line.append(' ', shown);
    }
    return line;
  }

  root.append(...resources);
  if (total <= ALL_AT_ONCE) pane.fillAll();
  return pane;
}

/** Lines that a browser draws without a pause. */
const ALL_AT_ONCE = 3_000;

/** Height of a line, as the style sheet has it. */
const LINE_REM = 1.5;

/** @param {any} resource @returns {Row[]} */
function rowsOf(resource) {
  /** @type {Row[]} */
  const rows = [];
  /** @param {string} name @param {unknown} value @param {string} path @param {number} depth */
  const add = (name, value, path, depth) => {
    if (Array.isArray(value)) {
      for (const [index, member] of value.entries())
        add(`${name}[${index}]`, member, `${path}[${index}]`, depth);
    } else if (typeof value === 'object' && value !== null && !(value instanceof Literal)) {
      rows.push({ depth, name, path });
      for (const [key, member] of Object.entries(value)) add(key, member, `${path}.${key}`, depth + 1);
    } else rows.push({ depth, name, path, value });
  };
  for (const [name, value] of Object.entries(resource))
    if (name !== 'resourceType') add(name, value, `${resource.resourceType}.${name}`, 0);
  return rows;
}

/** @param {string} text */
function small(text) {
  const made = document.createElement('small');
  made.textContent = text;
  return made;
}
