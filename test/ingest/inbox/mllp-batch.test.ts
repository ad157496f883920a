// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBytes } from '../../../src/ingest/hl7/charset.ts';
import { mllpHandler } from '../../../src/ingest/inbox/mllp.ts';
import { listenMllp } from '../../../src/ingest/mllp.ts';
import { connectMllp } from '../../../src/ingest/mllp-client.ts';
import { openLogger } from '../../../src/operate/log.ts';
import { type Bench, bench, message } from './support.ts';

async function connect(t: { after(hook: () => Promise<void>): void }, desk: Bench) {
  const inbox = await desk.open();
  const server = await listenMllp({ port: 0 }, mllpHandler(inbox.receive), openLogger('silent'));
  const further: Buffer[] = [];
  const onFurther = (bytes: Buffer) => further.push(bytes);
  const client = await connectMllp({ host: '127.0.0.1', port: server.port, onFurther });
  t.after(async () => {
    await client.close();
    await server.close();
  });
  return { inbox, client, further };
}

const control = (id: string) => message({ control: id, patient: `P-${id}` });
const msa = (bytes: Buffer) => readBytes(bytes).message.segment('MSA')?.raw(2);

test('a batch in one frame is answered with a batch in one frame', async (t) => {
  const { inbox, client, further } = await connect(t, await bench(t));
  const bad = message({ control: 'C2', birth: 'never' });
  const batch = [
    Buffer.from('BHS|^~\\&|LAB|HARBOUR||||||| B-1\r'),
    control('C1'),
    bad,
    control('C3'),
    Buffer.from('BTS|9\r'),
  ];
  const lines = (await client.send(Buffer.concat(batch))).toString().split('\r');
  assert.match(lines[0]!, /^BHS\|\^~\\&\|MOORING\|\|LAB\|HARBOUR\|/);
  const acknowledged = lines
    .filter((line) => line.startsWith('MSA'))
    .map((line) => line.split('|').slice(0, 3).join('|'));
  assert.deepEqual(acknowledged, ['MSA|AA|C1', 'MSA|AE|C2', 'MSA|AA|C3']);
  assert.equal(lines.at(-2), 'BTS|3|BTS-1 says 9 messages, but 3 came');
  assert.deepEqual(further, []);
  assert.equal(inbox.stats().kept, 2);
});

test('several messages in one frame are each acknowledged, in a frame of their own', async (t) => {
  const { inbox, client, further } = await connect(t, await bench(t));
  const first = await client.send(Buffer.concat([control('C1'), control('C2'), control('C3')]));
  assert.equal(msa(first), 'C1');
  assert.equal(msa(await client.send(control('C4'))), 'C4');
  assert.deepEqual(further.map(msa), ['C2', 'C3']);
  assert.equal(inbox.stats().kept, 4);
});

test('a message with something in front of it is one message, and refused', async (t) => {
  const { inbox, client } = await connect(t, await bench(t));
  const answer = await client.send(Buffer.concat([Buffer.from('noise\r'), control('C1')]));
  assert.equal(readBytes(answer).message.segment('MSA')?.value(1), 'AR');
  assert.equal(inbox.stats().kept, 0);
});
