// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Known } from '../../src/consent/projection/known.ts';

test('a consent that another organization gave the pseudonym of one of ours does not stand in its place', () => {
  const known = new Known();
  const consent = (subject: string) => ({
    subject,
    consent: 'handle',
    version: 1,
    status: 'active' as const,
  });
  const nothing = { participants: [], erased: [], forgotten: [] };
  known.apply({ ...nothing, consents: [consent('linked'), consent('own')] });
  const isOwn = (subject: string) => subject === 'own';
  assert.equal(known.find('handle', 'id', isOwn)?.subject, 'own');
  assert.equal(known.find('handle', 'id', () => false)?.subject, 'linked');
  assert.equal(known.find('other', 'id', isOwn), undefined);
});
