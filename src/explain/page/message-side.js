// SPDX-License-Identifier: Apache-2.0
import { Pane } from './pane.js';
import { piecesOf, segmentOf } from './position.js';

/** @typedef {import('./pairs.js').Pairs} Pairs */

/**
 * The message as it was sent, a line each segment.
 * @param {HTMLElement} root
 * @param {{ text: string, delimiters: any, segments: { segment: string, sequence: unknown, from: unknown, to: unknown }[] }} message
 * @param {Pairs} pairs
 */
export function showMessage(root, { text, delimiters, segments }, pairs) {
  const pane = new Pane(root, segmentOf);
  const lines = segments.map((span) => {
    const line = document.createElement('div');
    line.className = 'line segment';
    const content = text.slice(Number(span.from), Number(span.to));
    // Until it is taken apart it is there as text, so that the browser's own search finds it.
    line.textContent = content.length > MAX_PLAIN ? content.slice(0, MAX_PLAIN) : content;
    const name = Number(span.sequence) > 1 ? `${span.segment}[${span.sequence}]` : span.segment;
    pane.add(name, line, () => fill(line, content, span));
    return line;
  });

  /** @param {HTMLElement} line @param {string} content @param {any} span */
  function fill(line, content, span) {
    const [name, ...pieces] = piecesOf(content, span, delimiters);
    line.replaceChildren(
      element('b', name?.text ?? ''),
      ...pieces.flatMap(({ text, position }) => {
        if (position === undefined)
          return text === delimiters.field ? [element('i', text), wbr()] : [element('i', text)];
        return valueAt(position, text);
      }),
    );
  }

  /** @param {string} position @param {string} text */
  function valueAt(position, text) {
    const rule = pairs.ruleFor(position);
    const kept = pairs.isKept(position);
    const mark = kept ? 'kept' : rule === undefined ? '' : 'dropped';
    const value = pane.value(position, text, mark ? `${position}, ${mark}` : position);
    if (mark) value.classList.add(mark);
    return [value];
  }

  root.append(...lines);
  if (lines.length <= ALL_AT_ONCE) pane.fillAll();
  return pane;
}

/** Long lines are broken between fields, where they can be. */
const wbr = () => document.createElement('wbr');

/** Segments that a browser draws without a pause. */
const ALL_AT_ONCE = 100;

const MAX_PLAIN = 2_000;

/** @param {string} name @param {string} text */
function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
