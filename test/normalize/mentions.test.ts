// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readMessage } from '../../src/ingest/hl7/message.ts';
import { normalizer as ofProgram } from '../../src/normalize/convert.ts';
import { loadMappings } from '../../src/normalize/load.ts';
import { compileProgram } from '../../src/normalize/program.ts';
import {
  ID_SECRET,
  MAPPINGS,
  message,
  normalizer,
  only,
  PID,
  printConversion,
  resources,
} from './setting.ts';

const ORDER = 'ORC|RE|P1^B|F1^B';
const REPORT = 'OBR|1|P1^B|F1^B|85353-1^Vital signs^LN|||20260301190000+0000|||||||||||||||||||F';

/** A result with OBX-23 to OBX-25, as public health wants it: laboratory, its address, its director. */
function result(id: number, laboratory: string, address: string, director: string): string {
  return `OBX|${id}|NM|8867-4^Heart rate^LN|${id}|72|/min|||||F|||20260301190000+0000${'|'.repeat(9)}${laboratory}|${address}|${director}`;
}

test('a laboratory that several results name has all addresses that they give it, and each result all that its own fields say', () => {
  const [laboratory, director] = ['Port Laboratory^L^^^^CLIA^XX^^^77', '9^Dear^Eva'];
  const conversion = normalizer.convert(
    message(
      'ORU^R01',
      ...[PID, ORDER, REPORT],
      result(1, laboratory, '1 Quay^^Porttown', director),
      result(2, laboratory, '1 Quay^^Porttown', director),
      result(3, laboratory, '2 Quay^^Otherport', director),
    ),
  );
  const found = resources(conversion, 'Organization').find(({ name }) => name === 'Port Laboratory');
  assert.deepEqual(found?.['address'], [
    { line: ['1 Quay'], city: 'Porttown' },
    { line: ['2 Quay'], city: 'Otherport' },
  ]);
  assert.deepEqual(
    conversion.unmapped.filter(({ segment }) => segment === 'OBX'),
    [],
  );
});

test('a director of two laboratories directs each of them', () => {
  const director = '9^Dear^Eva';
  const conversion = normalizer.convert(
    message(
      'ORU^R01',
      ...[PID, ORDER, REPORT],
      result(1, 'Port Laboratory', '1 Quay', director),
      result(2, 'Hill Laboratory', '2 Hill', director),
    ),
  );
  const organizations = resources(conversion, 'PractitionerRole').map(({ organization }) => organization);
  assert.deepEqual(
    organizations.map((one) => (one as { display: string }).display),
    ['Port Laboratory', 'Hill Laboratory'],
  );
});

test('a ward and a room of one name are two places', () => {
  const ids = ['4E^^^CLINIC', '^4E^^CLINIC'].map(
    (place) => only(normalizer.convert(message('ADT^A01', PID, `PV1|1|I|${place}`)), 'Location').id,
  );
  assert.notEqual(ids[0], ids[1]);
});

const PEOPLE = [
  '77^Able^Ann^^^Dr',
  '77^Able^Ann^^^Dr^MD^^NPI^L^^^NPI',
  '77^Able&van&Abel^Ann^^^^^^CLINIC&2.999.1&ISO',
  '78^^^^^^^^CLINIC&junk&ISO^A^^^XYZ',
  '^Nameless^Nan',
  '79^O\\T\\Hara^Pat',
  '""^""',
  '80^Baker^Bo^""^^^^^^^^^^^^^^^20260101^20250101',
  '81^Clerk^Cy^^^^^^^^^^^^^^^^202601011200',
] as const;
const PLACES = ['4E^412^B^CLINIC', '4E', '^4E', '4E^^^CLINIC&2.999.1&ISO^^N^^West^2', '^^^CLINIC', '4E^""'];
const FIRMS = ['Port Laboratory^L^^^^CLIA^XX^^^77', 'Port Laboratory', '^^^^^^^^^78', 'Hill & Son^D'];
const ADDRESSES = ['', '1 Quay^^Porttown', '2 Quay'];

const person = fc.constantFrom('', ...PEOPLE);
const place = fc.constantFrom('', ...PLACES);
const firm = fc.constantFrom('', ...FIRMS);
const results = fc.array(
  fc.tuple(person, firm, fc.constantFrom(...ADDRESSES), person, fc.constantFrom('7', '8')),
  { maxLength: 4 },
);
const sent = fc.record({
  facility: fc.constantFrom('CLINIC', 'HARBOUR', 'CLINIC^2.999.1^ISO', ''),
  time: fc.constantFrom('20260102030405+0100', '20260102030405'),
  delimiters: fc.constantFrom('^~\\&', '^~\\@', '^~'),
  people: fc.array(person, { minLength: 5, maxLength: 5 }),
  places: fc.array(place, { minLength: 3, maxLength: 3 }),
  results,
});

test('what a site’s own rows say of a place or a person comes beside what their words say', async () => {
  const files = await loadMappings(MAPPINGS);
  const site = {
    facility: 'CLINIC',
    rows: {
      'ZBD/Location': { name: 'name = ZBD-2', place: '$this = ZBD-1 as PL/Location' },
      'PV1/Encounter': { kind: 'extension{~kind}.valueCode = PV1-8.10 as code with administrative-sex' },
    },
    resources: { bed: 'Location per ZBD' },
    maps: { ZBD: 'bed from ZBD/Location' },
  };
  const own = ofProgram(compileProgram({ ...files, sites: { site } }, { zone: 'Z' }), ID_SECRET);
  const able = `77^Able^Ann${'^'.repeat(7)}L`;
  const visit = `PV1|1|I|||||${able}|${able}`;
  for (const bed of ['4E^412', '4E^412|By the window', '4E^412']) {
    const sent = message('ADT^A01', PID, visit, `ZBD|${bed}`);
    const [plain, explained] = [own.convert(sent), own.convert(sent, { explain: true })];
    assert.equal(printConversion(plain), printConversion(explained));
    const name = bed.includes('|') ? 'By the window' : '4E 412';
    assert.equal(only(plain, 'Location')['name'], name);
    assert.deepEqual(plain.unknownCodes, []);
  }
});

test('what a message becomes depends neither on the messages before it nor on who asks where its values came from', () => {
  const property = fc.property(
    sent,
    fc.constantFrom('ORU^R01', 'ADT^A01'),
    ({ facility, time, delimiters, people, places, results }, event) => {
      const [family, attending, referring, ordering, again] = people;
      const [bed, before, temporary] = places;
      const visit = `PV1|1|I|${bed}|||${before}|${attending}|${referring}|||${temporary}`;
      const lines = results.map(
        ([observer, laboratory, address, director, code], index) =>
          `OBX|${index + 1}|NM|${code}^Seven^L|${index}|72|/min|||||F|||20260301||${observer}${'|'.repeat(7)}${laboratory}|${address}|${director}`,
      );
      const order = [
        `ORC|RE|P1|F1|||||||||${ordering}~${again}`,
        `OBR|1|P1|F1|8^Eight^L${'|'.repeat(12)}${ordering}`,
      ];
      const segments = [
        `MSH|${delimiters}|APP|${facility}|${facility}|BRIDGE|${time}||${event}|T-1|P|2.5.1`,
        PID,
        `PD1||||${family}`,
        visit,
        ...(event === 'ORU^R01' ? order : []),
        ...lines,
      ];
      const text = segments.join('\r');
      const explained = normalizer.convert(readMessage(text), { explain: true });
      assert.equal(printConversion(normalizer.convert(readMessage(text))), printConversion(explained));
      assert.equal(printConversion(normalizer.convert(readMessage(text))), printConversion(explained));
    },
  );
  fc.assert(property, { numRuns: 400 });
});
