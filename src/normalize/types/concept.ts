// SPDX-License-Identifier: Apache-2.0
import type { CodeMap } from '../codes.ts';
import type { Element } from '../element.ts';
import type { Frame } from '../frame.ts';
import type { Place } from '../place.ts';
import type { TypeOf } from './converter.ts';
import { cleanCode, cleanText } from './text.ts';

/** Where the codings of a CWE (§2A.2.13) stand: code, display, system, version. CE, CNE, CF and IS are shorter forms of the same. */
const CODINGS = [
  [1, 2, 3, 7],
  [4, 5, 6, 8],
  [10, 11, 12, 13],
] as const;
const ORIGINAL_TEXT = 9;

/** What a CWE, CE, CNE, CF, IS or ID says, as a CodeableConcept: the code that FHIR prefers first, then what was sent. */
export const concept: TypeOf = ({ codes }) => ({
  kind: 'fill',
  fill(target, place, frame) {
    const codings: Element[] = [];
    for (const parts of CODINGS) {
      const coding = readCoding(place, parts, frame, parts[0] === 1 ? codes?.table : undefined);
      if (!coding) continue;
      if (parts[0] === 1) addTranslation(codings, coding, codes, place, frame);
      codings.push(coding);
    }
    writeText(target, codings, place, frame);
    if (codings.length === 0) return;
    target['coding'] = [...((target['coding'] as Element[] | undefined) ?? []), ...codings];
  },
});

/** The first coding alone, translated if the map knows it. */
export const coding: TypeOf = ({ codes }) => ({
  kind: 'fill',
  fill(target, place, frame) {
    if (target['code'] !== undefined) return;
    const sent = readCoding(place, CODINGS[0], frame, codes?.table);
    if (!sent) return;
    const translated: Element[] = [];
    addTranslation(translated, sent, codes, place, frame);
    Object.assign(target, translated[0] ?? sent);
    for (const name in target) frame.run.note(target, name, place, 1);
  },
});

function readCoding(
  place: Place,
  [code, display, system, version]: readonly [number, number, number, number],
  frame: Frame,
  table: string | undefined,
): Element | undefined {
  const { run } = frame;
  const codeText = cleanCode(place.peek(code));
  const displayText = cleanText(place.peek(display));
  const systemName = place.peek(system).trim();
  if (codeText === undefined && (displayText === undefined || systemName === '')) return undefined;
  const found: Element = {};
  const uri = systemName === '' ? table : run.site.codingSystem(systemName, run.senderSystem);
  if (systemName !== '') place.take(run.taken, system);
  if (uri !== undefined) note(found, 'system', uri, place, systemName === '' ? code : system, frame);
  const versionText = cleanText(place.read(run.taken, version));
  if (versionText !== undefined) note(found, 'version', versionText, place, version, frame);
  if (codeText !== undefined) {
    place.take(run.taken, code);
    note(found, 'code', codeText, place, code, frame);
  }
  if (displayText !== undefined) {
    place.take(run.taken, display);
    note(found, 'display', displayText, place, display, frame);
  }
  return found;
}

function addTranslation(
  codings: Element[],
  sent: Element,
  codes: CodeMap | undefined,
  place: Place,
  frame: Frame,
): void {
  const target = codes?.translate(String(sent['code'] ?? ''));
  if (!target || (target.system === sent['system'] && target.code === sent['code'])) return;
  const translated: Element = { ...target };
  frame.run.note(translated, 'code', place, 1);
  codings.push(translated);
}

/** Words without a code are the text; CWE.9, what was read or typed by a person, comes first. */
function writeText(target: Element, codings: readonly Element[], place: Place, frame: Frame): void {
  if (target['text'] !== undefined) return;
  const original = cleanText(place.read(frame.run.taken, ORIGINAL_TEXT));
  if (original !== undefined) {
    note(target, 'text', original, place, ORIGINAL_TEXT, frame);
    return;
  }
  for (const [code, display] of CODINGS) {
    if (cleanCode(place.peek(code)) !== undefined || codings.length > 0) return;
    const words = cleanText(place.read(frame.run.taken, display));
    if (words === undefined) continue;
    note(target, 'text', words, place, display, frame);
    return;
  }
}

function note(target: Element, name: string, value: string, place: Place, part: number, frame: Frame): void {
  target[name] = value;
  frame.run.note(target, name, place, part);
}
