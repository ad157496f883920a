// SPDX-License-Identifier: Apache-2.0
import type { CodeMap } from '../codes.ts';
import type { Element } from '../element.ts';
import type { Frame } from '../frame.ts';
import type { Place } from '../place.ts';
import { fieldOf } from '../unknown.ts';
import { codingSystemOf } from './authority.ts';
import type { TypeOf } from './converter.ts';
import { cleanCode, cleanText, SAID_BY_CODE } from './text.ts';

/** Where the codings of a CWE (§2A.2.13) stand: code, display, system, version. CE, CNE, CF and IS are shorter forms of the same. */
const CODINGS = [
  [1, 2, 3, 7],
  [4, 5, 6, 8],
  [10, 11, 12, 13],
] as const;
/** By the component of a coding system's name, that of its OID. */
const SYSTEM_OIDS: Readonly<Record<number, number>> = { 3: 14, 6: 17, 12: 20 };
const OID = /^[0-2](?:\.\d+)+$/;
const ORIGINAL_TEXT = 9;

/** What a CWE, CE, CNE, CF, IS or ID says, as a CodeableConcept: the code that FHIR prefers first, then what was sent. */
export const concept: TypeOf = ({ codes }) => ({
  kind: 'fill',
  fill(target, place, frame) {
    const codings: Element[] = [];
    let known = false;
    for (const parts of CODINGS) {
      if (parts[0] > place.components) break;
      const map = parts[0] === 1 ? codes : undefined;
      const coding = readCoding(place, parts, frame, map?.table);
      if (!coding) continue;
      known = addTranslation(codings, coding, map, parts, place, frame) || known;
      keepToTable(coding, frame);
      known ||= isKnown(coding, map, frame);
      codings.push(coding);
    }
    if (!known) frame.run.unknownCodes.lack(place, CODINGS[0], codes?.name);
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
    const known = addTranslation(translated, sent, codes, CODINGS[0], place, frame);
    keepToTable(sent, frame);
    if (!known && !isKnown(sent, codes, frame)) frame.run.unknownCodes.lack(place, CODINGS[0], codes?.name);
    Object.assign(target, translated[0] ?? sent);
    if (translated[0] && sent['display'] !== undefined) {
      place.release(frame.run.taken, 2);
      frame.run.leaveOut(place.inner(2), SAID_BY_CODE);
    }
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
  const { name: systemName, part: systemPart } = systemNameOf(place, system);
  if (codeText === undefined && (displayText === undefined || systemName === '')) return undefined;
  const found: Element = {};
  const uri = systemName === '' ? table : codingSystemOf(systemName, run, place, systemPart);
  if (systemName !== '') place.take(run.taken, systemPart);
  if (uri !== undefined) note(found, 'system', uri, place, systemName === '' ? code : systemPart, frame);
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

function systemNameOf(place: Place, system: number): { readonly name: string; readonly part: number } {
  const name = place.peek(system).trim();
  const part = SYSTEM_OIDS[system]!;
  if (name !== '' || place.components < part) return { name, part: system };
  const oid = place.peek(part).trim();
  return OID.test(oid) ? { name: `urn:oid:${oid}`, part } : { name, part: system };
}

/** Adds what the code map, else the site, says that a code is in FHIR; whether one of them knows it. */
function addTranslation(
  codings: Element[],
  sent: Element,
  codes: CodeMap | undefined,
  [code, , system]: readonly [number, number, number, number],
  place: Place,
  { run }: Frame,
): boolean {
  const text = String(sent['code'] ?? '');
  const { translation } = run.site;
  const known = isOfTable(sent['system'], codes) ? codes?.translate(text) : undefined;
  const target = known ?? translation?.(place.peek(system).trim(), fieldOf(place), text);
  if (!target) return false;
  if (codes?.name !== undefined) run.unknownCodes.know(place, text);
  if (target.system === sent['system'] && target.code === sent['code']) return true;
  const translated: Element = { ...target };
  run.note(translated, 'code', place, code);
  codings.push(translated);
  return true;
}

/** A code that HL7 doesn't list in its table is its sender's: only a translation may take it for one of the table. */
function keepToTable(coding: Element, { run }: Frame): void {
  const { system, code } = coding;
  if (typeof system !== 'string' || typeof code !== 'string') return;
  coding['system'] = run.site.systemOfCode(system, code, run.senderSystem);
}

/** Whether others can know what a coding means: its system is no local one, and it isn't that of a table which its map should know. */
function isKnown({ system }: Element, codes: CodeMap | undefined, { run }: Frame): boolean {
  if (typeof system !== 'string' || system.startsWith('urn:id:')) return false;
  if (codes?.name !== undefined && system === codes.table) return false;
  return !system.startsWith(run.senderSystem);
}

/** What another code system has under the same code means something else; a sender's own list mostly extends the table. */
function isOfTable(system: unknown, codes: CodeMap | undefined): boolean {
  const { table } = codes ?? {};
  return table === undefined || system === table || typeof system !== 'string' || !/^https?:/.test(system);
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
