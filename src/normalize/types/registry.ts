// SPDX-License-Identifier: Apache-2.0
import { encapsulatedData, referencePointer } from './attachment.ts';
import { authority, codingSystem, entityNamespace, namespace } from './authority.ts';
import { coding, concept } from './concept.ts';
import type { TypeOf } from './converter.ts';
import { location } from './location.ts';
import {
  decimal,
  positiveInt,
  structuredQuantity,
  structuredRange,
  structuredRatio,
  unsignedInt,
} from './number.ts';
import { boolean, code, lines, string, text, token, url } from './text.ts';
import { date, dateTime, instant, time } from './time.ts';

/** The types that rows may name beside those of `mappings/datatypes/`: primitives, and what is more a calculation than a mapping. */
export const BUILT_IN: ReadonlyMap<string, TypeOf> = new Map([
  ['string', string],
  ['token', token],
  ['text', text],
  ['lines', lines],
  ['code', code],
  ['boolean', boolean],
  ['url', url],
  ['date', date],
  ['dateTime', dateTime],
  ['instant', instant],
  ['time', time],
  ['decimal', decimal],
  ['positiveInt', positiveInt],
  ['unsignedInt', unsignedInt],
  ['authority', authority],
  ['namespace', namespace],
  ['entity-namespace', entityNamespace],
  ['coding-system', codingSystem],
  ['CWE', concept],
  ['CE', concept],
  ['CNE', concept],
  ['CF', concept],
  ['IS', concept],
  ['ID', concept],
  ['CWE/Coding', coding],
  ['SN', structuredQuantity],
  ['SN/Range', structuredRange],
  ['SN/Ratio', structuredRatio],
  ['PL/place', location],
  ['ED', encapsulatedData],
  ['RP', referencePointer],
]);
