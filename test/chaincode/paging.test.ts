// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { listState } from '@mooring/chaincode/state';
import type { Context } from 'fabric-contract-api';

const require = createRequire(import.meta.url);
const ChaincodeStub = require('fabric-shim/lib/stub.js');
const { StateQueryIterator } = require('fabric-shim/lib/iterators.js');
const shim = createRequire(require.resolve('fabric-shim'));
const { peer, ledger } = shim('@hyperledger/fabric-protos');

/** What a peer answers a range with: pages of so many entries, under an id that is to be closed. */
function peerWith(values: readonly string[], pageSize: number) {
  const closed: string[] = [];
  let sent = 0;
  const page = () => {
    const response = new peer.QueryResponse();
    for (const value of values.slice(sent, sent + pageSize)) {
      const entry = new ledger.queryresult.KV();
      entry.setKey(`\u0000kind\u0000${value}\u0000`);
      entry.setValue(Buffer.from(value, 'utf8'));
      const bytes = new peer.QueryResultBytes();
      bytes.setResultbytes(entry.serializeBinary());
      response.addResults(bytes);
    }
    sent += pageSize;
    response.setHasMore(sent < values.length);
    response.setId('query 1');
    return response;
  };
  const handler = {
    handleGetStateByRange: async () => ({
      iterator: new StateQueryIterator(handler, 'channel', 'tx', page()),
    }),
    handleQueryStateNext: async () => page(),
    handleQueryStateClose: async (id: string) => void closed.push(id),
  };
  const stub = new ChaincodeStub(handler, 'channel', 'tx', { getArgsList_asU8: () => [] });
  return { ctx: { stub } as Context, closed };
}

test('a list is read to its end and closed, also when a peer sends it in pages', async () => {
  for (const count of [0, 1, 3, 4, 7]) {
    const values = Array.from({ length: count }, (_, index) => JSON.stringify({ index }));
    const { ctx, closed } = peerWith(values, 3);
    const found = await listState<{ index: number }>(ctx, 'kind');
    assert.deepEqual(
      found.map(({ value }) => value.index),
      [...values.keys()],
    );
    assert.deepEqual(closed, ['query 1']);
  }
});

test('a list that breaks off is closed as well', async () => {
  const { ctx, closed } = peerWith(['{"index":0}', 'no json', '{"index":2}'], 3);
  await assert.rejects(listState(ctx, 'kind'), SyntaxError);
  assert.deepEqual(closed, ['query 1']);
});
