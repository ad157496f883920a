// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemWithin } from '../../src/normalize/identity/systems.ts';

test('a local coding system of a sender known by an OID is a valid URI of that sender', () => {
  assert.equal(systemWithin('urn:oid:2.999.10.1', '99LIS'), 'urn:id:2.999.10.1:99LIS');
  assert.equal(systemWithin('urn:id:HARBOUR', '99 LIS'), 'urn:id:HARBOUR:99%20LIS');
  assert.equal(systemWithin('https://harbour.example/', 'L'), 'https://harbour.example/L');
});
