// SPDX-License-Identifier: Apache-2.0
import { encapsulatedData, referencePointer } from './attachment.ts';
import {
  authority,
  codingSystem,
  entityNamespace,
  entityUniversalId,
  entityUniversalUri,
  nameNamespace,
  namespace,
  universalId,
  universalUri,
} from './authority.ts';
import { coding, concept } from './concept.ts';
import type { TypeOf } from './converter.ts';
import { codedAttachment, dataContent, pointerContent, textAttachment, textContent } from './document.ts';
import { location, whereabouts } from './location.ts';
import {
  decimal,
  positiveInt,
  structuredQuantity,
  structuredRange,
  structuredRatio,
  unsignedInt,
} from './number.ts';
import { multiplexedArray, numericArray } from './sampled.ts';
import { boolean, code, id, lines, string, text, token, url, xhtml } from './text.ts';
import { date, dateTime, instant, scheduled, time } from './time.ts';
import {
  daysOfWeek,
  duration,
  offset,
  period,
  quantityDuration,
  quantityOffset,
  spanOfTime,
  timesOfDay,
} from './timing.ts';

/** The types that rows may name beside those of `mappings/datatypes/`: primitives, and what is more a calculation than a mapping. */
export const BUILT_IN: ReadonlyMap<string, TypeOf> = new Map([
  ['string', string],
  ['token', token],
  ['id', id],
  ['text', text],
  ['xhtml', xhtml],
  ['lines', lines],
  ['code', code],
  ['boolean', boolean],
  ['url', url],
  ['date', date],
  ['dateTime', dateTime],
  ['instant', instant],
  ['scheduled', scheduled],
  ['time', time],
  ['decimal', decimal],
  ['positiveInt', positiveInt],
  ['unsignedInt', unsignedInt],
  ['authority', authority],
  ['namespace', namespace],
  ['entity-namespace', entityNamespace],
  ['CNN/namespace', nameNamespace],
  ['universal-uri', universalUri],
  ['universal-id', universalId],
  ['entity-universal-uri', entityUniversalUri],
  ['entity-universal-id', entityUniversalId],
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
  ['NA', numericArray],
  ['MA', multiplexedArray],
  ['RPT/days', daysOfWeek],
  ['RPT/period', period],
  ['RPT/offset', offset],
  ['RI/times', timesOfDay],
  ['TQ/duration', duration],
  ['CQ/Duration', spanOfTime],
  ['CQ/repeat-duration', quantityDuration],
  ['CQ/offset', quantityOffset],
  ['PL/place', location],
  ['NDL/place', whereabouts],
  ['ED', encapsulatedData],
  ['RP', referencePointer],
  ['TX/Attachment', textAttachment],
  ['CWE/Attachment', codedAttachment],
  ['TX/content', textContent],
  ['ED/content', dataContent],
  ['RP/content', pointerContent],
]);
