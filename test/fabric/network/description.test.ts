// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { DescriptionError, readDescription } from '../../../fabric/description.ts';
import { chaincodesOf, orderersOf, peersOf } from '../../../fabric/nodes.ts';
import { nativePlaces } from '../../../fabric/places.ts';

const text = await readFile('fabric/network.yaml', 'utf8');

test('the network that is described has three organizations with a peer each, and three orderers', () => {
  const description = readDescription(text);
  assert.deepEqual(
    peersOf(description).map(({ name }) => name),
    ['hospital-peer0', 'clinic-peer0', 'laboratory-peer0'],
  );
  assert.equal(orderersOf(description).length, 3);
  assert.deepEqual(description.channels['research'], ['hospital', 'laboratory']);
});

const mistakes: readonly (readonly [string, string | RegExp, string, RegExp])[] = [
  ['a port that is none', /basePort: \d+/, 'basePort: 27x5', /^basePort is "27x5": expected a number/],
  ['a misspelled member', 'nodes: 3', 'node: 3', /^ordering: node is unknown, expected mspId, nodes$/],
  [
    'a channel member nobody knows',
    '[hospital, laboratory]',
    '[hospital, lab]',
    /no organization has the id "lab"$/,
  ],
  [
    'a member that is listed twice',
    '[hospital, laboratory]',
    '[clinic, clinic]',
    /clinic stands there twice$/,
  ],
  [
    'two organizations under one name',
    'mspId: ClinicMSP',
    'mspId: HospitalMSP',
    /HospitalMSP stands there twice$/,
  ],
  [
    'an organization without peers',
    'ClinicMSP, peers: 1',
    'ClinicMSP, peers: 0',
    /^organizations\[1\]\.peers is 0/,
  ],
  ['a version that is a number', '"1.0"', '1.0', /^chaincode\.version is 1: expected text/],
  ['a path for an id', 'id: clinic', 'id: ../clinic', /^organizations\[1\]\.id is "\.\.\/clinic"/],
];
for (const [name, from, to, said] of mistakes)
  test(`a description with ${name} is refused by naming it`, () => {
    const changed = text.replace(from, to);
    assert.notEqual(changed, text);
    assert.throws(
      () => readDescription(changed),
      (error: Error) => {
        assert.ok(error instanceof DescriptionError);
        assert.match(error.message, said);
        return true;
      },
    );
  });

test('no two nodes of a network share a port, however many peers there are', () => {
  const described = readDescription(text);
  const organizations = described.organizations.map((each) => ({ ...each, peers: 9 }));
  const description = { ...described, organizations, ordering: { ...described.ordering, nodes: 9 } };
  const places = nativePlaces(description, 'x');
  const ports = [
    ...orderersOf(description).flatMap((node) => {
      const { serves, admin, operations } = places.orderer(node);
      return [serves.port, admin.port, operations.port];
    }),
    ...peersOf(description).flatMap((node) => {
      const { serves, chaincode, operations } = places.peer(node);
      return [serves.port, chaincode.port, operations.port];
    }),
    ...chaincodesOf(description).flatMap(({ organization }) =>
      [0, 1].map((generation) => places.chaincode(organization, generation).port),
    ),
  ];
  assert.equal(new Set(ports).size, ports.length);
});
