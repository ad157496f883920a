// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planAnswers } from '../../../src/ingest/inbox/answers.ts';
import { mllpHandler } from '../../../src/ingest/inbox.ts';
import { listenMllp } from '../../../src/ingest/mllp.ts';
import { connectMllp } from '../../../src/ingest/mllp-client.ts';
import { bench, code, fault, message, VIA } from './support.ts';

type Case = 'good' | 'bad' | 'duplicate';
/** MSH-15|MSH-16, the case, the acknowledgment at once, the one after processing; `-` is none. */
const TABLE: readonly [modes: string, sent: Case, now: string, later: string][] = [
  ['', 'good', 'AA', '-'],
  ['', 'bad', 'AE', '-'],
  ['', 'duplicate', 'AR', '-'],
  ['AL|AL', 'good', 'CA', 'AA'],
  ['AL|AL', 'bad', 'CA', 'AE'],
  ['AL|AL', 'duplicate', 'CR', '-'],
  ['AL|NE', 'good', 'CA', '-'],
  ['AL|NE', 'bad', 'CA', '-'],
  ['AL|', 'good', 'CA', '-'],
  ['AL|ER', 'good', 'CA', '-'],
  ['AL|ER', 'bad', 'CA', 'AE'],
  ['AL|SU', 'good', 'CA', 'AA'],
  ['AL|SU', 'bad', 'CA', '-'],
  ['NE|AL', 'good', '-', 'AA'],
  ['NE|AL', 'bad', '-', 'AE'],
  ['NE|AL', 'duplicate', 'AR', '-'],
  ['NE|NE', 'good', '-', '-'],
  ['NE|NE', 'duplicate', '-', '-'],
  ['ER|NE', 'good', '-', '-'],
  ['ER|NE', 'duplicate', 'CR', '-'],
  ['SU|AL', 'good', 'CA', 'AA'],
  ['SU|NE', 'duplicate', '-', '-'],
];

for (const [modes, sent, now, later] of TABLE) {
  test(`MSH-15|16 "${modes}": a ${sent} message is answered ${now}, then ${later}`, async (t) => {
    const desk = await bench(t);
    const inbox = await desk.open();
    if (sent === 'duplicate') await inbox.receive(message({ name: 'Other^One' }), VIA);
    const bytes = message({ modes, ...(sent === 'bad' ? { birth: 'never' } : {}) });
    const answer = await inbox.receive(bytes, VIA);
    assert.equal(code(answer) || '-', now);
    const application = await answer.later;
    assert.equal(code(application) || '-', later);
    if (later === 'AE') assert.match(fault(application), /^PID\^1\^7\S* 102$/);
    if (sent !== 'duplicate') {
      const again = await inbox.receive(bytes, VIA);
      assert.deepEqual(again.now, answer.now);
      assert.deepEqual(await again.later, application);
    }
  });
}

test('a message that could not be kept is a CE in enhanced mode', () => {
  const enhanced = { mode: 'enhanced', accept: 'AL', application: 'AL' } as const;
  assert.deepEqual(planAnswers(enhanced, 'unavailable'), { now: 'CE', later: 'NE' });
  assert.deepEqual(planAnswers({ mode: 'original' }, 'unavailable'), { now: 'AE', later: 'NE' });
});

test('over one MLLP connection the accept acknowledgment comes first and the application acknowledgment follows', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open();
  const server = await listenMllp({ port: 0 }, mllpHandler(inbox.receive), desk.logger);
  t.after(() => server.close());
  const later: Buffer[] = [];
  let arrived = () => {};
  const second = new Promise<void>((done) => {
    arrived = done;
  });
  const client = await connectMllp({
    host: '127.0.0.1',
    port: server.port,
    onFurther: (bytes) => {
      later.push(bytes);
      arrived();
    },
  });
  t.after(() => client.close());
  const first = await client.send(message({ modes: 'AL|AL' }));
  assert.equal(code(first), 'CA');
  await second;
  assert.equal(code(later[0]), 'AA');
});
