// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { OpenConsentRules } from '../../src/consent/rules.ts';
import { answer, grantTo, type Line, notFresh, openTestNetwork, type TestNetwork } from './network.ts';

let network: TestNetwork;
let line: Line;
let rules: OpenConsentRules;
let patient: string;

before(async () => {
  network = await openTestNetwork();
  line = network.line('hospital');
  rules = await network.open('hospital', { ledger: line.ledger });
  await rules.registerParticipant({ id: 'hospital', role: 'hospital', mspId: 'HospitalMSP' });
  await rules.registerParticipant({ id: 'clinic', role: 'clinic', mspId: 'HospitalMSP' });
  patient = randomUUID();
  await rules.accept(grantTo('clinic', patient, network));
});
after(() => network.close());

test('a ledger that lacks blocks which were taken in before vouches for nothing', async () => {
  const shorter = { ...line.ledger, height: async () => (await line.ledger.height()) - 1n };
  const asking = await network.open('hospital', { ledger: shorter });
  await assert.rejects(asking.ready, notFresh);
  await assert.rejects(answer(asking, patient, 'clinic'), notFresh);
  await asking.close();
});

test('what was taken over from a ledger that is there no more permits nothing', async () => {
  assert.equal(await answer(rules, patient, 'clinic'), 'permit');
  line.down = true;
  await rules.forget();
  await assert.rejects(answer(rules, patient, 'clinic'), notFresh);
  assert.equal((await rules.status()).position, 0n);
  line.down = false;
});
