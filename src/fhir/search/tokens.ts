// SPDX-License-Identifier: Apache-2.0
import type { IndexToken } from './query.ts';

/**
 * The texts of index tokens. Whoever indexes and whoever searches make them here, so that both agree to the letter:
 *
 * - `code|http://loinc.org|718-7` a code, identifier, … of that system; `code||718-7` of any system; `code| |718-7` of none;
 *   `code|http://loinc.org|` anything of that system
 * - `subject|Patient/p1`, `subject|http://elsewhere.example/fhir/Patient/p1`, `subject:identifier|urn:oid:1.2|4711`
 * - `family|^mul` a folded beginning; `family|=muller` the whole, folded; `family|!Müller` the whole, to the letter
 * - `birthdate|1980-03` a day, month or year that contains the date
 */
const NO_SYSTEM = ' ';

// A separator inside a system is escaped, so that two different pairs never make one token; a value comes last and needs no escape.
const escaped = (system: string) => system.replaceAll('|', '%7C');

export const ofSystem = (name: string, system: string, value: string): IndexToken =>
  `${name}|${escaped(system)}|${value}`;
export const ofAnySystem = (name: string, value: string): IndexToken => `${name}||${value}`;
export const ofNoSystem = (name: string, value: string): IndexToken => `${name}|${NO_SYSTEM}|${value}`;
export const anyOfSystem = (name: string, system: string): IndexToken => `${name}|${escaped(system)}|`;
export const reference = (name: string, target: string): IndexToken => `${name}|${target}`;
export const partOfDate = (name: string, date: string): IndexToken => `${name}|${date}`;
export const wholeText = (name: string, folded: string): IndexToken => `${name}|=${folded}`;
export const exactText = (name: string, text: string): IndexToken => `${name}|!${text}`;
export const beginning = (name: string, folded: string): IndexToken => `${name}|^${folded}`;

/** A text is found by its first letters up to this many, or whole: each length costs a token per name in the index. */
export const MAX_BEGINNING_CHARS = 12;

/** FHIR R4 §3.1.1.4.8: without regard to case, accents and the amount of white space. */
export function fold(text: string): string {
  // By way of upper case: ß and ss must meet.
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
}
