// SPDX-License-Identifier: Apache-2.0
import { elementKey } from './pairs.js';

/** @typedef {import('./pairs.js').Pairs} Pairs */
/** @typedef {import('./pairs.js').Origin} Origin */
/** @typedef {import('./pane.js').Pane} Pane */
/** @typedef {{ root: HTMLElement, pane: Pane, other: () => Side, originsOf: (key: string) => Origin[], twinKey: (origin: Origin) => string }} Side */

/** So many counterparts are looked up and shown at most: a value of MSH may be in a thousand resources. */
const MAX_TWINS = 50;

/**
 * Whoever points at a value, or brings the keyboard to it, sees its counterparts on the other side and the row that made them.
 * @param {{ message: HTMLElement, resources: HTMLElement, messagePane: Pane, resourcePane: Pane, pairs: Pairs,
 *   tell: (key: string | undefined, origins: Origin[], onMessage: boolean) => void, signal: AbortSignal }} options
 */
export function follow({ message, resources, messagePane, resourcePane, pairs, tell, signal }) {
  /** @type {Side} */
  const left = {
    root: message,
    pane: messagePane,
    other: () => right,
    originsOf: (key) => pairs.ofField(key),
    twinKey: ({ resource, path }) => elementKey(resource, path),
  };
  /** @type {Side} */
  const right = {
    root: resources,
    pane: resourcePane,
    other: () => left,
    originsOf: (key) => pairs.ofElement(key),
    twinKey: ({ field }) => field,
  };
  /** @type {HTMLElement[]} */
  let marked = [];
  /** @type {{ side: Side, element: HTMLElement } | undefined} */
  let held;

  /** @param {Side} side @param {HTMLElement} element */
  function twinsOf(side, element) {
    const keys = new Set(side.originsOf(keyOf(element)).map(side.twinKey));
    keys.delete('');
    return [...keys].slice(0, MAX_TWINS).flatMap((key) => side.other().pane.find(key) ?? []);
  }

  /** @param {Side} side @param {HTMLElement} element */
  function light(side, element) {
    darken();
    const twins = twinsOf(side, element);
    marked = [element, ...twins];
    for (const one of marked) one.setAttribute('aria-current', 'true');
    element.classList.add('source');
    if (twins[0]) side.other().pane.reveal(twins[0]);
    tell(keyOf(element), side.originsOf(keyOf(element)), side === left);
  }

  function darken() {
    for (const one of marked) {
      one.removeAttribute('aria-current');
      one.classList.remove('source');
    }
    marked = [];
  }

  /** The keyboard goes back to where it came from. */
  function letGo() {
    held?.element.removeAttribute('aria-pressed');
    if (held && document.activeElement !== held.element) held.side.pane.focus(held.element);
    held = undefined;
    darken();
    tell(undefined, [], true);
  }

  /** Stays lit until another is taken, and the keyboard goes to its counterpart. @param {Side} side @param {HTMLElement} element */
  function take(side, element) {
    held?.element.removeAttribute('aria-pressed');
    light(side, element);
    held = { side, element };
    element.setAttribute('aria-pressed', 'true');
    const twin = marked[1];
    if (twin) side.other().pane.focus(twin);
    else referred(element)?.focus();
  }

  for (const side of [left, right]) {
    /** @type {(type: string, handle: (element: HTMLElement, event: any) => void) => void} */
    const on = (type, handle) =>
      side.root.addEventListener(
        type,
        (event) => {
          const element = event.target instanceof Element ? event.target.closest('.value') : null;
          if (element instanceof HTMLElement) handle(element, event);
        },
        { signal },
      );
    on('mouseover', (element) => {
      if (!held) light(side, element);
    });
    on('focusin', (element) => {
      // The counterpart of what is held has the focus: both stay lit.
      if (held && marked.includes(element)) return;
      held?.element.removeAttribute('aria-pressed');
      held = undefined;
      light(side, element);
    });
    on('click', (element) => {
      if (held?.element === element) letGo();
      else take(side, element);
    });
    on('keydown', (element, event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key === 'Enter' || event.key === ' ') take(side, element);
      else if (event.key === 'Escape') letGo();
      else {
        const next = side.pane.next(element, event.key);
        if (!next) return;
        side.pane.focus(next);
      }
      event.preventDefault();
    });
  }
}

/** @param {HTMLElement} element */
function keyOf(element) {
  return element.dataset['key'] ?? '';
}

/** The resource that a reference without an origin leads to. @param {HTMLElement} element */
function referred(element) {
  const [, id] = /^\w+\/([\w.-]+)$/.exec(element.textContent ?? '') ?? [];
  return id === undefined ? null : document.getElementById(`resource-${id}`);
}
