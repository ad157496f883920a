// SPDX-License-Identifier: Apache-2.0
import { isAscii } from 'node:buffer';

/** Name of the encoding in which Japanese messages switch between character sets. */
export const ISO_2022_JP = 'iso-2022-jp';

const decoders = new Map<string, InstanceType<typeof TextDecoder>>();

/** The text of the bytes, or undefined when they are not of that encoding (a WHATWG label, `ascii` or `utf-32be/le`). */
export function decode(bytes: Uint8Array, encoding: string): string | undefined {
  if (encoding === 'ascii') return isAscii(bytes) ? latin1(bytes) : undefined;
  if (encoding === 'utf-32le' || encoding === 'utf-32be') return decodeUtf32(bytes, encoding === 'utf-32le');
  if (encoding === ISO_2022_JP && bytes.includes(0x1b)) return decodeIso2022Jp(bytes);
  // Most messages are ASCII whatever they declare; that path copies and nothing more.
  if (!encoding.startsWith('utf-16') && isAscii(bytes)) return latin1(bytes);
  return encoding === 'windows-1252' ? decodeWindows1252(bytes) : decodeWith(encoding, bytes);
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function decodeWith(encoding: string, bytes: Uint8Array): string | undefined {
  let decoder = decoders.get(encoding);
  if (!decoder) {
    decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
    decoders.set(encoding, decoder);
  }
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined; // fatal decoders throw on the first wrong byte
  }
}

// The characters at 80 to 9F. Some releases of Node decode this encoding as if it were 8859/1, and lose them.
const WINDOWS_1252_EXTRA = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

function decodeWindows1252(bytes: Uint8Array): string {
  return latin1(bytes).replace(
    /[\u0080-\u009f]/g,
    (control) => WINDOWS_1252_EXTRA[control.charCodeAt(0) - 0x80]!,
  );
}

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

/**
 * ISO-2022-JP, and JIS X 0212 (ISO IR159, `ESC $ ( D`), which the WHATWG decoder leaves out. Runs of the latter are read as
 * EUC-JP, where the same two bytes stand behind 0x8F with their high bits set.
 */
function decodeIso2022Jp(bytes: Uint8Array): string | undefined {
  const supplement = Buffer.from('\u001b$(D', 'latin1');
  const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: (string | undefined)[] = [];
  let from = 0;
  for (let start = input.indexOf(supplement); start >= 0; start = input.indexOf(supplement, from)) {
    const end = input.indexOf(0x1b, start + 4);
    const run = input.subarray(start + 4, end < 0 ? input.length : end);
    texts.push(decodeWith(ISO_2022_JP, input.subarray(from, start)), decodeSupplement(run));
    from = end < 0 ? input.length : end;
  }
  texts.push(decodeWith(ISO_2022_JP, input.subarray(from)));
  return texts.includes(undefined) ? undefined : texts.join('');
}

function decodeSupplement(run: Uint8Array): string | undefined {
  if (run.length % 2 !== 0 || !isAscii(run)) return undefined;
  const euc: number[] = [];
  for (let index = 0; index < run.length; index += 2) {
    euc.push(0x8f, run[index]! | 0x80, run[index + 1]! | 0x80);
  }
  return decodeWith('euc-jp', Uint8Array.from(euc));
}
