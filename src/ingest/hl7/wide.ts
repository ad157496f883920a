// SPDX-License-Identifier: Apache-2.0

/** How text in units of two or four bytes is written. */
export interface WideForm {
  /** In the words of HL7 table 0211. */
  readonly name: string;
  readonly encoding: 'utf-16le' | 'utf-16be' | 'utf-32le' | 'utf-32be';
  readonly width: 2 | 4;
  readonly littleEndian: boolean;
  /** Length of the byte order mark at the start. */
  readonly markBytes: number;
}

/** UTF-16 and UTF-32 by byte order mark, or by the zero bytes around the first character: no other text begins with one. */
export function wideForm(bytes: Uint8Array): WideForm | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? form(4, true, 4) : form(2, true, 2);
  if (a === 0xfe && b === 0xff) return form(2, false, 2);
  if (a === 0 && b === 0) return c === 0xfe && d === 0xff ? form(4, false, 4) : form(4, false, 0);
  if (a === 0) return form(2, false, 0);
  if (b === 0) return c === 0 && d === 0 ? form(4, true, 0) : form(2, true, 0);
  return undefined;
}

function form(width: 2 | 4, littleEndian: boolean, markBytes: number): WideForm {
  const bits = width === 2 ? '16' : '32';
  const name = `UNICODE UTF-${bits}`;
  return { name, encoding: `utf-${bits}${littleEndian ? 'le' : 'be'}`, width, littleEndian, markBytes };
}
