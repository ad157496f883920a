// SPDX-License-Identifier: Apache-2.0
// HL7v2 bytes to a FHIR transaction, on one thread: node --import tsx bench/convert.ts
import { readFileSync } from 'node:fs';
import { readBytes } from '../src/ingest/hl7/charset.ts';
import { openNormalizer } from '../src/normalize/normalizer.ts';
import { admission } from '../test/network/messages.ts';
import { measureSync, printRate } from './rate.ts';

const FOR_MS = 4000;
const fixture = (name: string) => readFileSync(new URL(`../fixtures/hl7/${name}.hl7`, import.meta.url));

const started = performance.now();
const normalizer = await openNormalizer({
  folder: new URL('../mappings/', import.meta.url),
  idSecret: Buffer.alloc(32, 7),
  defaultZone: 'Z',
});
console.log(`mappings read and compiled in ${(performance.now() - started).toFixed(0)} ms`);
const messages = {
  'ADT^A01 of 4 segments': admission(1),
  'ADT^A01 of a ward, with kin and insurance': fixture('001-adt-a01-harbour-admission'),
  'ORU^R01 of 30 results': fixture('040-oru-r01-prairielab-thirty-results'),
};
for (const [what, bytes] of Object.entries(messages)) {
  printRate(
    `${what}, converted`,
    measureSync(FOR_MS, () => void normalizer.convert(readBytes(bytes).message)),
  );
}
