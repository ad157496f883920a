// SPDX-License-Identifier: Apache-2.0
import { isAscii } from 'node:buffer';
import { decodeIso2022Jp, decodeIso2022Jp8, ISO_2022_JP, ISO_2022_JP_8 } from './encodings/japanese.ts';
import { decodeIso2022Kr, decodeWindows949 } from './encodings/korean.ts';
import { decodePart16, decodeWindows1252 } from './encodings/single.ts';
import { decodeWith, latin1 } from './encodings/with.ts';

export { ISO_2022_JP, ISO_2022_JP_8 } from './encodings/japanese.ts';
export { latin1 } from './encodings/with.ts';

/**
 * The text of the bytes, or undefined when they are not of that encoding: a WHATWG label, or `ascii`, `utf-32be/le`,
 * `iso-8859-16`, `iso-2022-jp-8` or `windows-949`.
 */
export function decode(bytes: Uint8Array, encoding: string): string | undefined {
  if (encoding === 'ascii') return isAscii(bytes) ? latin1(bytes) : undefined;
  if (encoding === 'utf-32le' || encoding === 'utf-32be') return decodeUtf32(bytes, encoding === 'utf-32le');
  if (encoding === ISO_2022_JP && bytes.includes(ESCAPE)) return decodeIso2022Jp(bytes);
  if (encoding === ISO_2022_JP_8) return decodeIso2022Jp8(bytes);
  if (encoding === 'windows-949' && bytes.includes(SHIFT_OUT)) return decodeIso2022Kr(bytes);
  // Most messages are ASCII whatever they declare; that path copies and nothing more.
  if (!encoding.startsWith('utf-16') && isAscii(bytes)) return latin1(bytes);
  switch (encoding) {
    case 'windows-1252':
      return decodeWindows1252(bytes);
    case 'iso-8859-16':
      return decodePart16(bytes);
    case 'windows-949':
      return decodeWindows949(bytes);
    default:
      return decodeWith(encoding, bytes);
  }
}

const ESCAPE = 0x1b;
const SHIFT_OUT = 0x0e;

/** Node has no UTF-32 decoder. */
function decodeUtf32(bytes: Uint8Array, littleEndian: boolean): string | undefined {
  if (bytes.length % 4 !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const characters: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += 4) {
    const code = view.getUint32(offset, littleEndian);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
    characters.push(String.fromCodePoint(code));
  }
  return characters.join('');
}
