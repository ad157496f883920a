// SPDX-License-Identifier: Apache-2.0

const BATCH_SEGMENT = /^(?:FHS|BHS|BTS|FTS)/;
const FRAME_END = '\u001c';
const UTF8_MARK = '\u00ef\u00bb\u00bf';

/**
 * The messages of a file: separated by their MSH, with or without the batch segments of HL7 v2 §2.10.3 and MLLP's frame
 * characters around them. A file in UTF-16 or UTF-32 is one message. What is no message is returned too, to be refused by name.
 */
export function splitMessages(bytes: Uint8Array): Buffer[] {
  const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isWide(input)) return [input];
  const messages: string[][] = [];
  // Single bytes as characters: the text of the messages is not touched, only cut.
  for (const line of input.toString('latin1').split(FRAME_END).flatMap(linesOf)) {
    const content = withoutLead(line);
    if (content.startsWith('MSH')) messages.push([content]);
    else if (BATCH_SEGMENT.test(content)) continue;
    else if (messages.length > 0) messages.at(-1)!.push(line);
    else if (content !== '') messages.push([line]);
  }
  return messages.map((message) => Buffer.from(`${withoutTail(message.join(''))}\r`, 'latin1'));
}

function linesOf(frame: string): string[] {
  return frame.split(/(?<=[\r\n])/);
}

function withoutLead(line: string): string {
  const start = afterBlanks(line, 0);
  return line.slice(line.startsWith(UTF8_MARK, start) ? afterBlanks(line, start + UTF8_MARK.length) : start);
}

function afterBlanks(line: string, from: number): number {
  let start = from;
  while (line.charCodeAt(start) <= 0x20) start++;
  return start;
}

function withoutTail(message: string): string {
  let end = message.length;
  while (end > 0 && message.charCodeAt(end - 1) <= 0x20) end--;
  return message.slice(0, end);
}

/** A byte order mark, or the zero bytes beside the M of MSH. */
function isWide(input: Buffer): boolean {
  const [first, second] = input;
  const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return marked || first === 0 || (first === 0x4d && second === 0);
}
