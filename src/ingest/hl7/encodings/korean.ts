// SPDX-License-Identifier: Apache-2.0
import { decodeWith, latin1 } from './with.ts';

const EUC_KR = 'euc-kr';
const FIRST_SYLLABLE = 0xac00;
const LAST_SYLLABLE = 0xd7a3;
/** Signs that KS X 1001 got later than Node's decoder. */
const LATER_SIGNS: readonly (readonly [string, string])[] = [
  ['\u00a2\u00e6', '€'],
  ['\u00a2\u00e7', '®'],
];
const SHIFT_IN = '\u000f';

/**
 * Windows code page 949: EUC-KR, and the syllables that it lacks. Node's EUC-KR takes the latter for a control character and a
 * letter, so pairs are told apart here.
 */
export function decodeWindows949(bytes: Uint8Array): string | undefined {
  let wrong = false;
  const text = latin1(bytes).replace(/[\x80-\xff][\s\S]?/g, (pair) => {
    const found = syllableOf(pair) ?? decodeWith(EUC_KR, Buffer.from(pair, 'latin1'));
    // A control character is how that decoder says that a byte begins no pair.
    if (found === undefined || /[\u0080-\u009f]/.test(found)) wrong = true;
    return found ?? '';
  });
  return wrong ? undefined : text;
}

/** Seven-bit Korean (RFC 1557): between SO and SI each pair of bytes is one of EUC-KR without its high bits. */
export function decodeIso2022Kr(bytes: Uint8Array): string | undefined {
  const [start = '', ...runs] = latin1(bytes).replaceAll('\u001b$)C', '').split('\u000e');
  const euc = start + runs.map(raise).join('');
  return decodeWindows949(Buffer.from(euc, 'latin1'));
}

/** What follows an SO: up to the SI, or the end of the segment, with the high bits that seven-bit text leaves out. */
function raise(run: string): string {
  const shifted = run.split(SHIFT_IN, 1)[0]!.split(/[\r\n]/, 1)[0]!;
  const high = shifted.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) | 0x80));
  return high + run.slice(shifted.length).replaceAll(SHIFT_IN, '');
}

let extension: ReadonlyMap<string, string> | undefined;

function syllableOf(pair: string): string | undefined {
  extension ??= listExtension();
  return extension.get(pair);
}

/**
 * The syllables of Unicode that are not in KS X 1001, in their order, over the places that code page 949 gives them: lead bytes 81
 * to C6, trail bytes 41–5A, 61–7A and 81–FE, from lead byte A1 on only up to A0.
 */
function listExtension(): Map<string, string> {
  const standard = new Set<string>();
  for (let lead = 0xb0; lead <= 0xc8; lead++) {
    for (let trail = 0xa1; trail <= 0xfe; trail++)
      standard.add(decodeWith(EUC_KR, Buffer.of(lead, trail)) ?? '');
  }
  const places = placesOfExtension();
  const syllables = new Map(LATER_SIGNS);
  for (let code = FIRST_SYLLABLE; code <= LAST_SYLLABLE; code++) {
    const syllable = String.fromCharCode(code);
    const place = standard.has(syllable) ? undefined : places.next().value;
    if (place) syllables.set(place, syllable);
  }
  return syllables;
}

function* placesOfExtension(): Generator<string, undefined> {
  for (let lead = 0x81; lead <= 0xc6; lead++) {
    for (let trail = 0x41; trail <= (lead < 0xa1 ? 0xfe : 0xa0); trail++) {
      const isTrail = trail <= 0x5a || (trail >= 0x61 && trail <= 0x7a) || trail >= 0x81;
      if (isTrail) yield String.fromCharCode(lead, trail);
    }
  }
  return undefined;
}
