// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isTestData } from '../../../src/fhir/test-data.ts';
import { validateResource } from '../../../src/fhir/validate.ts';
import { readMessage } from '../../../src/ingest/hl7/message.ts';
import { normalizer as normalizerOf } from '../../../src/normalize/convert.ts';
import { loadMappings } from '../../../src/normalize/load.ts';
import { compileProgram } from '../../../src/normalize/program.ts';
import { PureStore } from './pure-store.ts';
import { bench, code, fault, message, VIA } from './support.ts';

const MAPPINGS = new URL('../../../mappings/', import.meta.url);
const normalizer = normalizerOf(
  compileProgram(await loadMappings(MAPPINGS), { zone: 'Z' }),
  Buffer.from('tests'),
);

const header = (event: string, mode: string, minute: string) =>
  `MSH|^~\\&|ADT|HARBOUR|MOORING|HOSP|2026030108${minute}00||${event}|${event}${mode}${minute}|${mode}|2.5.1`;
const admission = (mode: string, minute: string, name: string, numbers = 'P1^^^HARBOUR^MR') =>
  normalizer.convert(
    readMessage(
      [
        header('ADT^A08', mode, minute),
        `PID|1||${numbers}||${name}`,
        'PV1|1|I|W1||||D7^Reed^Ann||||||||||||V1',
      ].join('\r'),
    ),
  );
const merge = (mode: string, minute: string) =>
  normalizer.convert(
    readMessage(
      [header('ADT^A40', mode, minute), 'PID|1||P1^^^HARBOUR^MR||Roe', 'MRG|P2^^^HARBOUR^MR'].join('\r'),
    ),
  );
const result = (mode: string, minute: string) =>
  normalizer.convert(
    readMessage(
      [
        header('ORU^R01', mode, minute),
        'PID|1||P1^^^HARBOUR^MR||Roe',
        'OBR|1||F1|K^K^L',
        'OBX|1|NM|K^K^L||4||||||F',
      ].join('\r'),
    ),
  );

const patients = (store: PureStore) => store.all().filter(({ type }) => type === 'Patient');
const familyOf = ({ resource }: { resource: object }) =>
  (resource as { name: { family: string }[] }).name[0]?.family;

describe('a message for training or debugging (MSH-11 T, D)', () => {
  test('labels everything that it makes, and a message of production nothing', () => {
    for (const mode of ['T', 'D']) {
      const { entries, issues } = admission(mode, '01', 'Roe');
      assert.ok(entries.length > 2);
      for (const { resource } of entries) {
        assert.ok(isTestData(resource), resource.resourceType);
        assert.deepEqual(validateResource(resource), []);
      }
      assert.ok(issues.some(({ expression }) => expression === 'MSH-11'));
    }
    for (const { resource } of admission('P', '01', 'Roe').entries) assert.ok(!isTestData(resource));
  });

  test('never changes what is real, and is never taken for it, whichever came first', async () => {
    for (const order of [
      ['P', 'T'],
      ['T', 'P'],
    ]) {
      const store = new PureStore();
      for (const mode of order) await store.tell(admission(mode, '01', mode));
      for (const mode of order)
        await store.tell(admission(mode, '02', mode, 'P9^^^HARBOUR^PI~P1^^^HARBOUR^MR'));
      for (const mode of order) await store.tell(result(mode, '03'));
      const families = patients(store).map((one) => [familyOf(one), isTestData(one.resource)]);
      assert.deepEqual(
        families,
        order.map((mode) => [mode, mode === 'T']),
      );
      const labels = new Map(
        store.all().map(({ type, id, resource }) => [`${type}/${id}`, isTestData(resource)]),
      );
      for (const { type, resource } of store.all()) {
        for (const [, reference] of JSON.stringify(resource).matchAll(/"reference":"([A-Z][^"]+)"/g))
          assert.equal(labels.get(reference!), isTestData(resource), `${type} to ${reference}`);
      }
    }
  });

  test('merges no real patients', async () => {
    const store = new PureStore();
    for (const number of ['P1', 'P2'])
      await store.tell(admission('P', '01', number, `${number}^^^HARBOUR^MR`));
    await store.tell(merge('T', '02'));
    const real = patients(store).filter(({ resource }) => !isTestData(resource));
    assert.deepEqual(
      real.map(({ version }) => version),
      [1, 1],
    );
  });

  test('is refused with AR 202 where the operator wants none, and not kept', async (t) => {
    const desk = await bench(t);
    const inbox = await desk.open({ testMessages: 'refused' });
    for (const mode of ['T', 'D']) {
      const bytes = Buffer.from(message().toString().replace('|P|2.5.1', `|${mode}|2.5.1`));
      const answer = await inbox.receive(bytes, VIA);
      assert.equal(code(answer), 'AR');
      assert.match(fault(answer), /^MSH\^1\^11\S* 202$/);
    }
    assert.deepEqual((await inbox.summary()).status, { received: 0, processed: 0, dead: 0 });
    assert.equal(code(await inbox.receive(message(), VIA)), 'AA');
  });
});
