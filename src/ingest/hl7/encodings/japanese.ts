// SPDX-License-Identifier: Apache-2.0
import { isAscii } from 'node:buffer';
import { decodeWith, latin1 } from './with.ts';

/** Name of the encoding in which Japanese messages switch between character sets. */
export const ISO_2022_JP = 'iso-2022-jp';
/** The same with the half-width katakana of JIS X 0201 as single bytes above 7F (ISO IR13). */
export const ISO_2022_JP_8 = 'iso-2022-jp-8';

const ESCAPE = '\u001b';

/**
 * ISO-2022-JP, and JIS X 0212 (ISO IR159, `ESC $ ( D`), which the WHATWG decoder leaves out. Runs of the latter are read as
 * EUC-JP, where the same two bytes stand behind 0x8F with their high bits set.
 */
export function decodeIso2022Jp(bytes: Uint8Array): string | undefined {
  const supplement = Buffer.from('\u001b$(D', 'latin1');
  const input = Buffer.from(withoutIdle(latin1(bytes)), 'latin1');
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

/** The WHATWG decoder takes a switch right behind another for an error; where two texts meet that happens. */
function withoutIdle(text: string): string {
  const parts = text.split(ESCAPE);
  const idle = (part: string, index: number) =>
    index > 0 && index < parts.length - 1 && /^(?:\([BIJ]|\$[@B]|\$\(D)$/.test(part);
  return parts.filter((part, index) => !idle(part, index)).join(ESCAPE);
}

/** Katakana above 7F become a switch to them and back to what was in force, for ISO-2022-JP has only seven bits. */
export function decodeIso2022Jp8(bytes: Uint8Array): string | undefined {
  let state = '(B';
  const parts = latin1(bytes).split(ESCAPE);
  const sevenBits = parts.map((part) => {
    if (part.startsWith('(B') || part.startsWith('(J')) state = part.slice(0, 2);
    return part.replace(/[\xa1-\xdf]+/g, (katakana) => {
      const low = [...katakana].map((character) => String.fromCharCode(character.charCodeAt(0) & 0x7f));
      return `${ESCAPE}(I${low.join('')}${ESCAPE}${state}`;
    });
  });
  return decodeIso2022Jp(Buffer.from(sevenBits.join(ESCAPE), 'latin1'));
}

function decodeSupplement(run: Uint8Array): string | undefined {
  if (run.length % 2 !== 0 || !isAscii(run)) return undefined;
  const euc: number[] = [];
  for (let index = 0; index < run.length; index += 2) {
    euc.push(0x8f, run[index]! | 0x80, run[index + 1]! | 0x80);
  }
  return decodeWith('euc-jp', Uint8Array.from(euc));
}
