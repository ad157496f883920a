// SPDX-License-Identifier: Apache-2.0
import express, { type Router } from 'express';
import type { CheckpointHistory } from '../consent/history.ts';
import type { LedgerChannel } from '../ledger/channel.ts';
import type { ExploredBlock } from '../ledger/explorer.ts';
import { checkpointRoutes } from './checkpoint-routes.ts';
import { notFound } from './errors.ts';
import { countParameter, numberParameter, pageLink, readNumber } from './parameters.ts';
import { plain } from './plain.ts';

/** A channel, and what is known here of the checkpoints on it. */
export interface ExploredChannel {
  readonly channel: Pick<LedgerChannel, 'name' | 'explorer'>;
  readonly checkpoints: CheckpointHistory;
}

const USUAL_BLOCKS = 10;
const MAX_BLOCKS = 50;
/** Fabric's and the embedded ledger's alike: SHA-256 in hexadecimal. */
const TRANSACTION_ID = /^[0-9a-f]{64}$/;

/** Everything about one channel. */
export function channelRoutes({ channel, checkpoints }: ExploredChannel): Router {
  const { name, explorer } = channel;
  const router = express.Router();
  router.get('/blocks', async (request, response) => {
    const count = countParameter(request, USUAL_BLOCKS, MAX_BLOCKS);
    const wanted = numberParameter(request, 'from');
    const height = await explorer.height();
    const from = wanted !== undefined && wanted < height ? wanted : height - 1n;
    const numbers = Array.from({ length: count }, (_, at) => from - BigInt(at)).filter((each) => each >= 0n);
    const blocks = await Promise.all(numbers.map((each) => explorer.block(each)));
    const older = from - BigInt(count);
    const newer = from + BigInt(count);
    response.json(
      plain({
        channel: name,
        height,
        blocks: blocks.flatMap((block) => (block ? [summary(block)] : [])),
        ...(older >= 0n ? { older: pageLink(request, { from: older, count }) } : {}),
        ...(from < height - 1n ? { newer: pageLink(request, { from: newer, count }) } : {}),
      }),
    );
  });
  router.get('/blocks/:number', async (request, response) => {
    const number = readNumber(request.params.number);
    const block = number === undefined ? undefined : await explorer.block(number);
    if (!block) throw notFound('such block');
    response.json(plain(block));
  });
  router.get('/transactions/:id', async (request, response) => {
    const { id } = request.params;
    const transaction = TRANSACTION_ID.test(id) ? await explorer.transaction(id) : undefined;
    if (!transaction) throw notFound('such transaction');
    response.json(plain(transaction));
  });
  router.get('/events', async (request, response) => {
    const count = countParameter(request, USUAL_BLOCKS, MAX_BLOCKS);
    const from = numberParameter(request, 'from') ?? 0n;
    const height = await explorer.height();
    const numbers = Array.from({ length: count }, (_, at) => from + BigInt(at)).filter(
      (each) => each < height,
    );
    const blocks = await Promise.all(numbers.map((each) => explorer.block(each)));
    const next = from + BigInt(numbers.length);
    response.json(
      plain({
        channel: name,
        height,
        events: blocks.flatMap((block) => (block ? eventsOf(block) : [])),
        // Also on the last page: there the events of the blocks to come will be.
        next: pageLink(request, { from: next, count }),
      }),
    );
  });
  router.get('/peers', async (_request, response) => {
    response.json(plain({ channel: name, ...(await explorer.agreement()) }));
  });
  router.use('/checkpoints', checkpointRoutes(checkpoints));
  return router;
}

/** A block in a list. */
function summary({ transactions, ...block }: ExploredBlock): unknown {
  return {
    ...block,
    transactions: transactions.map(({ id, at, valid, call }) => ({ id, at, valid, ...nameOf(call) })),
  };
}

function nameOf(call: ExploredBlock['transactions'][number]['call']): object {
  return call ? { contract: call.contract, name: call.name } : {};
}

/** What the contract said in a transaction that was found not to be valid never happened. */
function eventsOf({ number, transactions }: ExploredBlock): unknown[] {
  return transactions
    .filter(({ valid }) => valid)
    .flatMap(({ id, events }) =>
      events.map(({ name, payload }) => ({ blockNumber: number, transactionId: id, name, payload })),
    );
}
