// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { EndorseError, GatewayError, StatusCode } from '@hyperledger/fabric-gateway';
import { classify, InvalidTransaction, PeerLags } from '../../src/ledger/fabric/errors.ts';
import { majorities } from '../../src/ledger/fabric/majorities.ts';
import { nextTry } from '../../src/ledger/fabric/retry.ts';
import { LedgerError } from '../../src/ledger/ledger.ts';

type Said = readonly [mspId: string, message: string];
const OWN = 'HospitalMSP';
const SECRET = 'terms nobody may read';

function properties(code: number, message: string, said: readonly Said[]) {
  const details = said.map(([mspId, text]) => ({ mspId, message: text, address: 'peer.example:1' }));
  return { code, message, details, cause: new Error(message) as never, transactionId: 'tx' };
}
const gateway = (code: number, message: string, ...said: Said[]) =>
  new GatewayError(properties(code, message, said));
const endorse = (code: number, message: string, ...said: Said[]) =>
  new EndorseError(properties(code, message, said));

const REFUSAL = 'chaincode response 500, CONSENT_GAP: consent c has no version 1';
const BROKEN = `chaincode response 500, consents:Grant failed: ${SECRET}`;
const UNLIKE = 'ProposalResponsePayloads do not match';
const TOO_FEW = 'failed to collect enough transaction endorsements';

/** What happened → its kind, the code it ends with when nothing helps, and whether it is tried again. */
const TABLE: readonly (readonly [string, Error, kind: string, code: string, again: boolean])[] = [
  [
    'the contract says no at the own peer',
    endorse(status.ABORTED, 'failed to endorse', [OWN, REFUSAL]),
    ...(['refused', 'CONSENT_GAP', false] as const),
  ],
  [
    'the contract says no to a query',
    gateway(status.UNKNOWN, `evaluate call to endorser returned error: ${REFUSAL}`),
    ...(['refused', 'CONSENT_GAP', false] as const),
  ],
  [
    'the contract breaks',
    endorse(status.ABORTED, 'failed to endorse', [OWN, BROKEN]),
    ...(['broken', 'CONTRACT_FAILED', false] as const),
  ],
  [
    'the private data are still on their way',
    gateway(status.UNKNOWN, '', [
      OWN,
      'chaincode response 500, consents:Read failed: private data matching public hash version is not available',
    ]),
    ...(['unable', 'UNAVAILABLE', true] as const),
  ],
  [
    'only others say no: perhaps they lag',
    endorse(status.ABORTED, TOO_FEW, ['ClinicMSP', REFUSAL]),
    ...(['disagreed', 'CONSENT_GAP', true] as const),
  ],
  [
    'answers differ',
    endorse(status.ABORTED, TOO_FEW, ['ClinicMSP', UNLIKE]),
    ...(['disagreed', 'UNAVAILABLE', true] as const),
  ],
  [
    'too few organizations are there',
    endorse(status.FAILED_PRECONDITION, 'no combination of peers can be derived'),
    ...(['disagreed', 'UNAVAILABLE', true] as const),
  ],
  [
    'the chosen endorsers are not there',
    endorse(status.UNAVAILABLE, 'failed to find any endorsing peers for org(s): ClinicMSP'),
    ...(['disagreed', 'UNAVAILABLE', true] as const),
  ],
  [
    'somebody who endorses hangs',
    endorse(status.DEADLINE_EXCEEDED, 'deadline exceeded'),
    ...(['disagreed', 'UNAVAILABLE', true] as const),
  ],
  [
    'the peer is away',
    gateway(status.UNAVAILABLE, 'No connection established'),
    ...(['away', 'UNAVAILABLE', true] as const),
  ],
  [
    'the peer hangs',
    gateway(status.DEADLINE_EXCEEDED, 'Deadline exceeded'),
    ...(['away', 'UNAVAILABLE', true] as const),
  ],
  ['the peer lags', new PeerLags('p has not caught up'), ...(['away', 'UNAVAILABLE', true] as const)],
  [
    'the peer is busy',
    gateway(
      status.UNKNOWN,
      'too many requests for /gateway.Gateway/Endorse, exceeding concurrency limit (500)',
    ),
    ...(['busy', 'UNAVAILABLE', true] as const),
  ],
  [
    'no orderer is there',
    gateway(status.UNAVAILABLE, 'no orderer nodes available'),
    ...(['unable', 'UNAVAILABLE', true] as const),
  ],
  [
    'the orderer finds it too large',
    gateway(
      status.ABORTED,
      'received unsuccessful response from orderer: message payload is 9 bytes and exceeds maximum allowed 8 bytes',
    ),
    ...(['tooLarge', 'TOO_LARGE', false] as const),
  ],
  [
    'gRPC finds it too large',
    gateway(status.RESOURCE_EXHAUSTED, 'message larger than max'),
    ...(['tooLarge', 'TOO_LARGE', false] as const),
  ],
  [
    'the orderer does not take it',
    gateway(status.ABORTED, 'received unsuccessful response from orderer: status=FORBIDDEN'),
    ...(['invalid', 'COMMIT_FAILED', false] as const),
  ],
  [
    'another transaction was first',
    new InvalidTransaction(StatusCode.MVCC_READ_CONFLICT),
    ...(['conflict', 'MVCC_CONFLICT', true] as const),
  ],
  [
    'another transaction put something between',
    new InvalidTransaction(StatusCode.PHANTOM_READ_CONFLICT),
    ...(['conflict', 'MVCC_CONFLICT', true] as const),
  ],
  [
    'the peers find its endorsements wanting',
    new InvalidTransaction(StatusCode.ENDORSEMENT_POLICY_FAILURE),
    ...(['invalid', 'COMMIT_FAILED', false] as const),
  ],
];

describe('each kind of failure is met in its own way', () => {
  for (const [title, error, kind, code, again] of TABLE)
    test(title, () => {
      const failure = classify(error, OWN);
      assert.ok(failure, 'it is a failure of the network');
      assert.equal(failure.kind, kind);
      const first = nextTry(failure, 0, 'consents:Grant');
      assert.equal(!(first instanceof LedgerError), again);
      const last = nextTry(failure, Number.POSITIVE_INFINITY, 'consents:Grant');
      assert.ok(last instanceof LedgerError, 'an end comes');
      assert.equal(last.code, code);
      assert.ok(!JSON.stringify([last.message, last.cause]).includes(SECRET), 'the error tells no terms');
    });

  test('a validation code stands in the error, so that people can look it up', () => {
    const failure = classify(new InvalidTransaction(StatusCode.ENDORSEMENT_POLICY_FAILURE), OWN);
    const error = failure && nextTry(failure, 0, 'records:Checkpoint');
    assert.match(String(error), /ENDORSEMENT_POLICY_FAILURE/);
  });

  test('a mistake of ours is no failure of the network', () => {
    assert.equal(classify(new TypeError('x is undefined'), OWN), undefined);
  });

  test('pauses grow, and an end comes', () => {
    const failure = classify(new InvalidTransaction(StatusCode.MVCC_READ_CONFLICT), OWN);
    assert.ok(failure, 'it is a failure of the network');
    const pauses = Array.from({ length: 25 }, (_, tries) => nextTry(failure, tries, 'x'));
    for (const [tries, next] of pauses.entries()) {
      assert.ok(!(next instanceof LedgerError), `try ${tries} is followed by another`);
      const full = Math.min(500, 20 * 2 ** tries);
      assert.ok(next.afterMs >= full / 2 && next.afterMs <= full, `pause ${tries} is ${next.afterMs} ms`);
    }
    assert.ok(nextTry(failure, 25, 'x') instanceof LedgerError, 'an end comes');
  });

  test('who disagrees is left out: at once when it is the own organization, others after some patience', () => {
    const chooses = (error: Error, tries: number) => {
      const next = nextTry(classify(error, OWN)!, tries, 'x');
      return !(next instanceof LedgerError) && next.chooseEndorsers;
    };
    const ownIsDown = endorse(status.ABORTED, 'failed to endorse', [OWN, 'chaincode stream terminated']);
    const unlike = endorse(status.ABORTED, TOO_FEW, ['ClinicMSP', UNLIKE]);
    assert.deepEqual([chooses(ownIsDown, 0), chooses(unlike, 0), chooses(unlike, 2)], [true, false, true]);
  });
});

test('every majority comes once, those without the own organization first', () => {
  const all = (...members: string[]) => [...majorities(members, 'a')].map((each) => each.join(''));
  assert.deepEqual(all('a'), ['a']);
  assert.deepEqual(all('a', 'b'), ['ab']);
  assert.deepEqual(all('a', 'b', 'c'), ['bc', 'ab', 'ac']);
  assert.equal(new Set(all('a', 'b', 'c', 'd', 'e')).size, 10);
});
