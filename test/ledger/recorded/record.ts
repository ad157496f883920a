// SPDX-License-Identifier: Apache-2.0
// Records channel.json anew, from a network that it starts and ends: node --import tsx test/ledger/recorded/record.ts BASE_PORT
// Everything in it is public on the channel: invented checkpoints and pseudonyms, certificates, signatures. No keys.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { ChannelPeers } from '../../../src/ledger/fabric/channel-peers.ts';
import { FabricPeers } from '../../../src/ledger/fabric/peers.ts';
import { qsccQueries } from '../../../src/ledger/fabric/qscc.ts';
import { startTestNetwork } from '../../fabric/support/network.ts';
import { rootOf } from '../merkle.ts';
import { checkpoint, submit } from '../network.ts';
import type { Recorded } from './recorded.ts';

const ORIGIN = 'log.example/hospital';
const LEAVES = ['a first leaf', 'a second leaf', 'a third leaf'];

const network = await startTestNetwork({ basePort: Number(process.argv[2] ?? 22000), hospitalPeers: 2 });
const peers = new FabricPeers(await network.connection('hospital'), pino({ level: 'silent' }));
try {
  await network.network.ready();
  const { ledger, trust } = await network.open('hospital');
  const queries = qsccQueries(new ChannelPeers(peers, 'exchange'));
  await checkpoint(ledger, ORIGIN, LEAVES.slice(0, 1));
  // Two of a kind at once: one of them is in a block in vain, beside what has nothing to do with it.
  const twice = () => checkpoint(ledger, ORIGIN, LEAVES, 1);
  const [first, second] = await Promise.allSettled([
    twice(),
    twice(),
    submit(ledger, 'records', 'RegisterHolder', 'subject-of-an-invented-patient'),
  ]);
  const committed = [first, second].flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))[0];
  if (!committed) throw new Error('neither checkpoint was committed');
  const { transactionId, blockNumber } = committed;
  const blockAt = async (number: bigint) =>
    Buffer.from((await queries.block(number)) ?? []).toString('base64');
  const recorded: Recorded = {
    trusted: trust,
    expected: { origin: ORIGIN, size: '3', root: rootOf(LEAVES).toString('base64') },
    transactionId,
    evidence: await ledger.evidence(transactionId),
    blocks: {
      first: await blockAt(0n),
      deployment: await blockAt(await deployment()),
      conflict: await blockAt(blockNumber),
    },
  };
  await writeFile(join(import.meta.dirname, 'channel.json'), `${JSON.stringify(recorded, undefined, 2)}\n`);

  /** The block before the first one of ours: the chaincode's definition was committed there. */
  async function deployment(): Promise<bigint> {
    for await (const { number, events } of ledger.follow(0n, AbortSignal.timeout(20_000)))
      if (events.length > 0) return number - 1n;
    throw new Error('there is no block of ours');
  }
} finally {
  peers.close();
  await network.close();
}
