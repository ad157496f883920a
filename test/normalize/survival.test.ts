// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printJson } from '../../src/fhir/json.ts';
import type { Message } from '../../src/ingest/hl7/message.ts';
import { fixture, fixtureNames, message, normalizer, PID, resources } from './setting.ts';

/** What shorter ones say is found anywhere. */
const LEAST_LETTERS = 4;
/** Words about the form of something that FHIR has a code of its own for; an attachment is in base64 whatever it was sent in. */
const TRANSLATED = new Set(['Internet', 'X.400', 'Base64', 'FFD8FFD9']);

/** Each value of a message once, without its header, and the field that it is in. */
function valuesOf({ segments }: Message): Map<string, string> {
  const values = new Map<string, string>();
  for (const segment of segments.slice(1))
    for (let field = 1; field <= segment.fieldCount; field++)
      for (let again = 1; again <= segment.repetitions(field); again++)
        for (let part = 1; part <= segment.components(field, again); part++)
          for (let inner = 1; inner <= segment.subcomponents(field, again, part); inner++) {
            const value = segment.value(field, again, part, inner).trim();
            if (value.length >= LEAST_LETTERS) values.set(value, `${segment.name}-${field}`);
          }
  return values;
}

function flat(text: string): string {
  return text.replace(/\\n/g, ' ').replace(/\s+/g, ' ').toLowerCase();
}

/** Finds values in an output, however lines are broken; times by their digits, numbers by what they are in FHIR. */
function finderIn(output: string): (value: string) => boolean {
  const attached = [...output.matchAll(/"data":"([A-Za-z0-9+/=]+)"/g)].map(([, data]) =>
    Buffer.from(data!, 'base64').toString(),
  );
  const text = flat([output, ...attached].join('\n'));
  const digits = output.replace(/[-:T]/g, '');
  return (value) => {
    if (text.includes(flat(value)) || text.includes(flat(JSON.stringify(value).slice(1, -1)))) return true;
    const time = /^(\d{4,14})(?:\.\d+)?(?:[+-]\d{4})?$/.exec(value)?.[1];
    if (time !== undefined && digits.includes(time)) return true;
    const number = /^[+]?0*(\d+(?:\.\d*)?)$/.exec(value)?.[1];
    return number !== undefined && output.includes(`:${number}`);
  };
}

test('at least 99 of 100 values of the fixtures stand in the output as they were sent, and of the others it is known why not', () => {
  let [all, clear] = [0, 0];
  const unexplained: string[] = [];
  for (const name of fixtureNames) {
    const sent = fixture(name);
    const { bundle, dropped } = normalizer.convert(sent);
    const isThere = finderIn(printJson(bundle));
    const leftOut = new Set(dropped.map(({ segment, field }) => `${segment}-${field}`));
    for (const [value, field] of valuesOf(sent)) {
      all++;
      if (isThere(value)) clear++;
      else if (!leftOut.has(field) && !TRANSLATED.has(value)) unexplained.push(`${name} ${field}: ${value}`);
    }
  }
  assert.deepEqual(unexplained, []);
  assert.ok(clear / all >= 0.99, `${clear} of ${all}`);
});

const NAMES = 'https://mooring.example/fhir/StructureDefinition/';

function namesToldBy(sent: Message, kind: string) {
  const [provenance] = resources(normalizer.convert(sent), 'Provenance');
  const extensions = (provenance!['extension'] ?? []) as {
    url: string;
    extension: { valueString?: string; valueUri?: string }[];
  }[];
  return extensions
    .filter(({ url }) => url === NAMES + kind)
    .map(({ extension: [name, uri] }) => `${name?.valueString} ${uri?.valueUri}`);
}

test('the Provenance of a message says once what each name of a coding system was understood as', () => {
  const sent = message(
    'ORU^R01',
    PID,
    'OBR|1||7|24323-8^Panel^LN',
    'OBX|1|NM|2345-7^Glucose^LN||95|mg/dL^^UCUM|||||F',
    'OBX|2|NM|GLU2^Glucose^99LAB||95|mg/dL^^UCUM|||||F',
  );
  assert.deepEqual(namesToldBy(sent, 'coding-system-name'), [
    'LN http://loinc.org',
    'UCUM http://unitsofmeasure.org',
  ]);
});

test('the Provenance of a message says which authority became a URI that its name is not in', () => {
  const sent = message(
    'ADT^A08',
    `${PID}~12^^^CLINIC`,
    'PV1|1|I|||||1234567893^Roe^Ann^^^^^^NPI|A^Poe^B^^^^^^N W',
  );
  assert.deepEqual(namesToldBy(sent, 'authority-name'), [
    'NPI http://hl7.org/fhir/sid/us-npi',
    'N W urn:id:N%20W',
  ]);
});

test('the words beside a code that becomes one of FHIR’s own are left out by a rule, not silently', () => {
  const { dropped } = normalizer.convert(
    message('ADT^A08', 'PID|1||P1^^^CLINIC||Doe^Jane||19700101|F^Female^HL70001'),
  );
  assert.deepEqual(
    dropped
      .filter(({ segment }) => segment === 'PID')
      .map(({ field, component, rule }) => [field, component, rule]),
    [
      [1, undefined, 'set-id'],
      [8, 2, 'said-by-code'],
    ],
  );
});

test('the kind of an authority’s number that no URI says is left out by a rule', () => {
  const { dropped } = normalizer.convert(
    message('ADT^A08', 'PID|1||P1^^^CLINIC&clinic.example&DNS~P2^^^&2.999.4&ISO||Doe^Jane'),
  );
  assert.deepEqual(
    dropped
      .filter(({ rule }) => rule === 'universal-id-type')
      .map(({ field, component, subcomponent }) => [field, component, subcomponent]),
    [[3, 4, 3]],
  );
});
