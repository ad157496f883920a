// SPDX-License-Identifier: Apache-2.0

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;

/**
 * The segments of a message as lines, blank ones left out. HL7 v2 §2.5.2 ends segments with CR; LF and CR LF are accepted as
 * well. Where a message does end its segments with CR, a bare LF before something that is no segment is a line break inside a
 * field that its sender forgot to escape: it stays data. Looks at each character once or twice, whatever they are.
 */
export function linesOf(text: string): string[] {
  const lines: string[] = [];
  const usesCr = text.includes('\r');
  const separator = text.trimStart().charAt(3);
  let start = 0;
  let blank = true;
  for (let index = 0; index <= text.length; index++) {
    const code = index === text.length ? CR : text.charCodeAt(index);
    if (code !== CR && code !== LF) {
      blank &&= code <= SPACE;
      continue;
    }
    if (code === LF && usesCr && !blank && !startsSegment(text, index + 1, separator)) continue;
    if (!blank) lines.push(text.slice(start, withoutBlankLines(text, start, index)));
    start = index + 1;
    blank = true;
  }
  if (lines[0] !== undefined) lines[0] = lines[0].trimStart();
  return lines;
}

/** Whether a segment begins at that place: a name, then the separator or the end of the line. */
export function startsSegment(text: string, at: number, separator: string): boolean {
  for (let index = at; index < at + 3; index++) {
    const code = text.charCodeAt(index);
    const isLetter = code >= 0x41 && code <= 0x5a;
    const isDigit = code >= 0x30 && code <= 0x39 && index > at;
    if (!isLetter && !isDigit) return false;
  }
  const next = text.charAt(at + 3);
  return next === separator || next === '' || next === '\r' || next === '\n';
}

/** Where the line ends when LFs behind its last character are no data. */
function withoutBlankLines(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && text.charCodeAt(last - 1) <= SPACE) last--;
  while (last < end && text.charCodeAt(last) !== LF) last++;
  return last;
}
