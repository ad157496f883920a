// SPDX-License-Identifier: Apache-2.0
import { latin1 } from './with.ts';

// The characters at 80 to 9F. Some releases of Node decode this encoding as if it were 8859/1, and lose them.
const WINDOWS_1252_EXTRA = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

export function decodeWindows1252(bytes: Uint8Array): string {
  return latin1(bytes).replace(
    /[\u0080-\u009f]/g,
    (control) => WINDOWS_1252_EXTRA[control.charCodeAt(0) - 0x80]!,
  );
}

// ISO 8859-16 from A0 on; Node has no decoder for it.
const PART_16 =
  '\u00a0ĄąŁ€„Š§š©Ș«Ź\u00adźŻ°±ČłŽ”¶·žčș»ŒœŸżÀÁÂĂÄĆÆÇÈÉÊËÌÍÎÏĐŃÒÓÔŐÖŚŰÙÚÛÜĘȚßàáâăäćæçèéêëìíîïđńòóôőöśűùúûüęțÿ';

export function decodePart16(bytes: Uint8Array): string {
  return latin1(bytes).replace(/[\u00a0-\u00ff]/g, (character) => PART_16[character.charCodeAt(0) - 0xa0]!);
}

// Unicode table 3-7: well-formed sequences of more than one byte; or else a byte that windows-1252 and 8859/1 read differently.
const SEQUENCE_OR_CONTROL =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\x9f]/g;

/**
 * UTF-8 where the bytes are, and each other byte as windows-1252: a text that two programs wrote into, or that was cut inside a
 * character, stays whole. `sequences` counts the characters that were UTF-8.
 */
export function decodeMixed(bytes: Uint8Array): { readonly text: string; readonly sequences: number } {
  let sequences = 0;
  const text = latin1(bytes).replace(SEQUENCE_OR_CONTROL, (found) => {
    if (found.length === 1) return WINDOWS_1252_EXTRA[found.charCodeAt(0) - 0x80]!;
    sequences += 1;
    return Buffer.from(found, 'latin1').toString('utf8');
  });
  return { text, sequences };
}
