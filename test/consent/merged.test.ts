// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type MergedPatients, openMergedPatients } from '../../src/consent/merged.ts';
import type { OpenConsentRules } from '../../src/consent/rules.ts';
import { answer, grantTo, openTestNetwork, refusing, type TestNetwork } from './network.ts';

let network: TestNetwork;
let hospital: OpenConsentRules;
let merged: MergedPatients;
before(async () => {
  network = await openTestNetwork();
  hospital = await network.open('hospital');
  merged = openMergedPatients(await network.schema('hospital'));
  await hospital.registerParticipant({ id: 'hospital', role: 'hospital', mspId: 'HospitalMSP' });
  await hospital.registerParticipant({ id: 'lab', role: 'laboratory', mspId: 'HospitalMSP' });
});
after(() => network.close());

const people = () => [randomUUID(), randomUUID(), randomUUID()] as const;

test('what a patient granted about the record that was merged away holds for the one that stays', async () => {
  const [prior, survivor] = people();
  await hospital.accept(grantTo('lab', prior, network));
  assert.equal(await answer(hospital, survivor, 'lab'), 'NO_CONSENT');
  await merged.add(prior, survivor);
  assert.equal(await answer(hospital, survivor, 'lab'), 'permit');
  const seen = await hospital.patients({ participant: 'lab', purpose: 'TREAT' });
  assert.ok(seen.includes(survivor));
});

test('a refusal about either record beats a grant about the other', async () => {
  for (const refused of [0, 1]) {
    const both = people().slice(0, 2) as [string, string];
    const granted = both[1 - refused] as string;
    await hospital.accept(grantTo('lab', granted, network));
    await hospital.accept(refusing(grantTo('lab', both[refused] as string, network)));
    await merged.add(...both);
    for (const patient of both) assert.equal(await answer(hospital, patient, 'lab'), 'DENIED_BY_PROVISION');
  }
});

test('a grant about the prior record that is revoked after the merge opens nothing any more', async () => {
  const [prior, survivor] = people();
  const grant = grantTo('lab', prior, network);
  await hospital.accept(grant);
  await merged.add(prior, survivor);
  await hospital.accept({ ...grant, status: 'inactive' });
  assert.equal(await answer(hospital, survivor, 'lab'), 'REVOKED');
});

test('whoever was granted nothing about either record gets nothing; merges follow each other', async () => {
  const [first, second, third] = people();
  await merged.add(first, second);
  await merged.add(second, third);
  assert.equal(await answer(hospital, third, 'lab'), 'NO_CONSENT');
  await hospital.accept(grantTo('lab', first, network));
  assert.equal(await answer(hospital, third, 'lab'), 'permit');
});

test('a merge that is told twice, or by several bridges at once, is one', async () => {
  const db = await network.schema('hospital');
  const [prior, survivor] = people();
  const bridges = [openMergedPatients(db), openMergedPatients(db)];
  await Promise.all(
    Array.from({ length: 8 }, (_, n) => bridges[n % 2]!.add(n < 4 ? prior : `${prior}-${n}`, survivor)),
  );
  for (const bridge of bridges) {
    await bridge.refresh();
    assert.equal(bridge.groupOf(survivor).length, 6);
    assert.equal(bridge.groupOf(prior)[0], prior);
  }
});
