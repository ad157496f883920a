// SPDX-License-Identifier: Apache-2.0

/**
 * A position as origins write it, with the first of everything left out: `PID-5.1`, `OBX[3]-5[2].1.2`.
 * @param {string} segment @param {number} sequence @param {number} field
 * @param {number} repetition @param {number} component @param {number} subcomponent
 */
function print(segment, sequence, field, repetition, component, subcomponent) {
  const which = sequence > 1 ? `[${sequence}]` : '';
  const again = repetition > 1 ? `[${repetition}]` : '';
  const inner = subcomponent > 1 ? `.${subcomponent}` : '';
  return `${segment}${which}-${field}${again}.${component}${inner}`;
}

/**
 * The segment that a position is in: `OBX[3]`.
 * @param {string} position
 */
export function segmentOf(position) {
  return position.split('-', 1)[0] ?? '';
}

/**
 * A segment taken apart: the values with their positions, and as they came what stands between them.
 * @param {string} line
 * @param {{ segment: string, sequence: unknown }} span
 * @param {{ field: string, component: string, repetition: string, subcomponent: string }} delimiters
 * @returns {{ text: string, position?: string }[]}
 */
export function piecesOf(line, span, delimiters) {
  const { segment } = span;
  const sequence = Number(span.sequence);
  /** @type {{ text: string, position?: string }[]} */
  const pieces = [];
  /** @param {string} text @param {string} delimiter @param {(part: string, index: number) => void} each */
  const split = (text, delimiter, each) => {
    for (const [index, part] of (delimiter === '' ? [text] : text.split(delimiter)).entries()) {
      if (index > 0) pieces.push({ text: delimiter });
      each(part, index + 1);
    }
  };
  split(line, delimiters.field, (field, at) => {
    // MSH-1 is the delimiter itself, which splitting swallows.
    const number = segment === 'MSH' ? at : at - 1;
    if (at === 1 || (segment === 'MSH' && number === 2)) return pieces.push({ text: field });
    split(field, delimiters.repetition, (repetition, r) =>
      split(repetition, delimiters.component, (component, c) =>
        split(component, delimiters.subcomponent, (text, s) => {
          const position = print(segment, sequence, number, r, c, s);
          if (text !== '') pieces.push(text.trim() === '' ? { text } : { text, position });
        }),
      ),
    );
  });
  return pieces;
}
