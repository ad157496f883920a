// SPDX-License-Identifier: Apache-2.0

/** @typedef {{ holder: HTMLElement, fill: () => void }} Part */

/** How far outside of what is seen parts are filled already. */
const AHEAD = '600px';

/**
 * One side: parts that are filled when they come near, with values in them that the pointer and the keyboard go to. It is one stop of the
 * Tab key; within it the arrow keys move.
 */
export class Pane {
  #root;
  /** @type {Map<string, Part>} */
  #parts = new Map();
  /** @type {Map<string, HTMLElement>} */
  #values = new Map();
  /** @type {HTMLElement | undefined} */
  #stop;
  #partOf;
  #near;
  #scrolls;

  /**
   * @param {HTMLElement} root
   * @param {(key: string) => string} partOf in which part a value is
   */
  constructor(root, partOf) {
    this.#root = root;
    this.#partOf = partOf;
    root.replaceChildren();
    root.scrollTop = 0;
    // On a narrow screen the sides stand below each other, and the page scrolls.
    this.#scrolls = getComputedStyle(root).overflowY !== 'visible';
    this.#near = new IntersectionObserver(
      (seen) => {
        for (const { isIntersecting, target } of seen)
          if (isIntersecting) this.#fill(/** @type {HTMLElement} */ (target).dataset['part'] ?? '');
      },
      { root: this.#scrolls ? root : null, rootMargin: AHEAD },
    );
  }

  /**
   * A part whose content is made when somebody comes near.
   * @param {string} name @param {HTMLElement} holder @param {() => void} fill
   */
  add(name, holder, fill) {
    holder.dataset['part'] = name;
    this.#parts.set(name, { holder, fill });
    this.#near.observe(holder);
  }

  /** For what is short enough: all of it can then be searched. */
  fillAll() {
    for (const name of [...this.#parts.keys()]) this.#fill(name);
  }

  /** To be called when another takes its place. */
  close() {
    this.#near.disconnect();
  }

  /** @param {string} name */
  #fill(name) {
    const part = this.#parts.get(name);
    if (!part) return;
    this.#parts.delete(name);
    this.#near.unobserve(part.holder);
    part.fill();
    part.holder.style.minHeight = '';
    if (!this.#stop) this.#stopAt(part.holder.querySelector('.value'));
  }

  /**
   * A value, which is written by `write`.
   * @param {string} key @param {string} text @param {string} label
   */
  value(key, text, label) {
    const span = document.createElement('span');
    span.className = 'value';
    span.setAttribute('role', 'button');
    span.tabIndex = -1;
    span.dataset['key'] = key;
    span.textContent =
      text.length > MAX_SHOWN ? `${text.slice(0, SHOWN)}… (${text.length} characters)` : text;
    span.setAttribute('aria-label', `${label}: ${span.textContent}`);
    this.#values.set(key, span);
    return span;
  }

  /**
   * The value at a key, or the first one below it.
   * @param {string} key
   */
  find(key) {
    this.#fill(this.#partOf(key));
    const found = this.#values.get(key);
    if (found) return found;
    for (const [other, span] of this.#values)
      if (other.startsWith(`${key}.`) || other.startsWith(`${key}[`)) return span;
    return undefined;
  }

  /** @param {Element | null | undefined} element */
  #stopAt(element) {
    if (!(element instanceof HTMLElement)) return;
    if (this.#stop) this.#stop.tabIndex = -1;
    element.tabIndex = 0;
    this.#stop = element;
  }

  /** @param {HTMLElement} element */
  focus(element) {
    this.#stopAt(element);
    element.focus({ preventScroll: true });
    this.reveal(element);
  }

  /**
   * Scrolls this side alone.
   * @param {HTMLElement} element
   */
  reveal(element) {
    if (!this.#scrolls) return element.scrollIntoView({ block: 'nearest' });
    const outside = this.#root.getBoundingClientRect();
    const inside = element.getBoundingClientRect();
    const room = Math.min(outside.height / 4, 96);
    if (inside.top < outside.top + 8 || inside.bottom > outside.bottom - 8)
      this.#root.scrollTop += inside.top - outside.top - room;
  }

  /**
   * Where an arrow key leads to.
   * @param {HTMLElement} from @param {string} key
   */
  next(from, key) {
    const back = key === 'ArrowLeft' || key === 'ArrowUp' || key === 'End';
    if (key === 'ArrowUp' || key === 'ArrowDown') return this.#line(from, back);
    if (key !== 'ArrowLeft' && key !== 'ArrowRight' && key !== 'Home' && key !== 'End') return undefined;
    const parts = [...this.#root.querySelectorAll('[data-part]')];
    const edge = back ? parts.at(-1) : parts[0];
    const own = key === 'Home' || key === 'End' ? undefined : from.closest('[data-part]');
    let at = own ? parts.indexOf(own) : parts.indexOf(/** @type {Element} */ (edge));
    const values = own ? valuesIn(own) : [];
    const beside = own ? values[values.indexOf(from) + (back ? -1 : 1)] : undefined;
    if (beside) return beside;
    for (at += own ? (back ? -1 : 1) : 0; parts[at]; at += back ? -1 : 1) {
      this.#fill(/** @type {HTMLElement} */ (parts[at]).dataset['part'] ?? '');
      const found = valuesIn(/** @type {Element} */ (parts[at])).at(back ? -1 : 0);
      if (found) return found;
    }
    return undefined;
  }

  /** The first value of the next line. @param {HTMLElement} from @param {boolean} back @returns {HTMLElement | undefined} */
  #line(from, back) {
    const line = from.closest('.line');
    let at = this.next(from, back ? 'ArrowLeft' : 'ArrowRight');
    while (at && at.closest('.line') === line) at = this.next(at, back ? 'ArrowLeft' : 'ArrowRight');
    return at && (valuesIn(/** @type {Element} */ (at.closest('.line')))[0] ?? at);
  }
}

const MAX_SHOWN = 400;
const SHOWN = 200;

/** @param {Element} element @returns {HTMLElement[]} */
function valuesIn(element) {
  return [...element.querySelectorAll('.value')].filter((one) => one instanceof HTMLElement);
}
