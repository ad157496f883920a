// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '../../src/fhir/resource.ts';
import type { Conversion } from '../../src/normalize/convert.ts';
import { openNormalizer } from '../../src/normalize/normalizer.ts';
import { ELEMENT_ORIGINS } from '../../src/normalize/output/provenance.ts';
import {
  fixture,
  fixtureNames,
  ID_SECRET,
  MAPPINGS,
  message,
  normalizer,
  only,
  PID,
  resources,
} from './setting.ts';

const storing = await openNormalizer({
  folder: MAPPINGS,
  idSecret: ID_SECRET,
  defaultZone: 'Z',
  storesOrigins: true,
});

interface Extension {
  url: string;
  valueString?: string;
  valueReference?: { reference: string };
  extension?: Extension[];
}

const originsIn = (holder: { extension?: Extension[] }) =>
  (holder.extension ?? [])
    .filter(({ url }) => url === ELEMENT_ORIGINS)
    .flatMap(({ valueString, extension = [] }) => {
      const lines = valueString ?? extension.find(({ url }) => url === 'origins')!.valueString!;
      return lines.split('\n').map((line) => {
        const [path, field, row] = line.split('\t');
        return { path, field, row };
      });
    });

interface Provenance extends Resource {
  target: { reference: string; extension?: Extension[] }[];
  extension?: Extension[];
}

const provenance = (conversion: Conversion) =>
  (resources(conversion, 'Provenance') as Provenance[]).find(({ target }) =>
    target.some(({ extension }) => extension),
  )!;

/** What stands at a path of ours: `Patient.name[0].family`. */
function at(resource: Resource, path: string): unknown {
  const names = path.split(/[.[\]]+/).filter((name) => name !== '');
  return names
    .slice(1)
    .reduce<unknown>((value, name) => (value as Record<string, unknown>)?.[name], resource);
}

test('where origins are stored, the Provenance tells for each target the path, field and row of its elements', () => {
  const conversion = storing.convert(fixture('001'));
  const patient = only(conversion, 'Patient');
  const target = provenance(conversion).target.find(
    ({ reference }) => reference === `Patient/${patient.id}`,
  )!;
  const family = originsIn(target).find(({ path }) => path === 'Patient.name[1].family');
  assert.deepEqual(family, {
    path: 'Patient.name[1].family',
    field: 'PID-5[2].1',
    row: 'segments/PID-Patient#names > datatypes/XPN#family',
  });
});

test('what is stored of the origins is what an explanation says, but for the Provenance and the Bundle themselves', () => {
  const conversion = storing.convert(fixture('001'));
  const told = provenance(conversion);
  const explained = normalizer
    .convert(fixture('001'), { explain: true })
    .origins.filter(({ resource }) => resource !== `urn:uuid:${told.id}` && resource !== 'Bundle');
  const stored = [told, ...told.target].flatMap((holder) => originsIn(holder));
  assert.equal(stored.length, explained.length);
  const print = ({ path, field, row }: { [name in 'path' | 'field' | 'row']: string | undefined }) =>
    `${path} ${field} ${row}`;
  assert.deepEqual(new Set(stored.map(print)), new Set(explained.map((origin) => print(origin))));
});

test('origins that nobody asked for are neither stored nor told', () => {
  const conversion = normalizer.convert(fixture('001'));
  assert.doesNotMatch(JSON.stringify(conversion.bundle), /element-origin/);
  assert.deepEqual(storing.convert(fixture('001')).origins, []);
});

test('every origin names an element that is there', () => {
  for (const name of fixtureNames) {
    const { origins, entries, bundle } = normalizer.convert(fixture(name), { explain: true });
    const byUrl = new Map(entries.map(({ fullUrl, resource }) => [fullUrl, resource]));
    byUrl.set('Bundle', bundle);
    for (const { resource, path } of origins)
      assert.notEqual(at(byUrl.get(resource)!, path), undefined, `${name}: ${path}`);
  }
});

test('a doctor who is named twice has both fields as the origin of the name', () => {
  const visit = `PV1|1|I|${'|'.repeat(4)}77^Lindqvist^Ada^^^^^^PLACE||||||||||77^Lindqvist^Ada^^^^^^PLACE`;
  const { origins } = normalizer.convert(message('ADT^A01^ADT_A01', 'EVN|A01', PID, visit), {
    explain: true,
  });
  const fields = origins
    .filter(({ path, field }) => path === 'Practitioner.name[0].family' && field.startsWith('PV1'))
    .map(({ field }) => field);
  assert.deepEqual(fields, ['PV1-7.2', 'PV1-17.2']);
});

test('a translated code has the field of the code as the origin of all that it says', () => {
  const { origins } = normalizer.convert(fixture('001'), { explain: true });
  const said = origins.filter(({ path }) => path.startsWith('Patient.maritalStatus.coding[0].'));
  assert.deepEqual(
    said.map(({ path, field }) => `${path.split('.').at(-1)} ${field}`),
    ['code PID-16.1', 'system PID-16.1', 'display PID-16.1'],
  );
});
