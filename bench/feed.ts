// SPDX-License-Identifier: Apache-2.0
// How much of what a bridge does with a message is converting it: node --import tsx bench/feed.ts
import { setTimeout as after } from 'node:timers/promises';
import { connectMllp } from '../src/ingest/mllp-client.ts';
import { type Running, serve } from '../test/network/harness.ts';
import { code } from '../test/network/messages.ts';
import { FORMS, type Form, poolOf } from './convert/messages.ts';
import { openConversion } from './convert/subjects.ts';
import { short, table } from './convert/tables.ts';
import { work } from './convert/work.ts';
import { inFolder } from './folder.ts';
import { readGauges } from './gauges.ts';

const LANES = 32;
/** Of each form together; fewer messages than a bridge keeps converted from their arrival on, so that each is converted once. */
const SEGMENTS = 6_000;
const CONVERT_MS = 2_000;

const convert = await openConversion();
const rows: string[][] = [];
await inFolder(async (folder) => {
  const bridge = await serve(folder, ['--demo'], { MOORING_LOG_LEVEL: 'silent' });
  await feed(bridge, FORMS[0]!, 10_000, 500);
  for (const form of FORMS) {
    const { perSecond, cpuMs } = await feed(bridge, form, 0, Math.ceil(SEGMENTS / segmentsOf(form)));
    const convertMs = convertMsOf(form);
    const share = `${((convertMs / cpuMs) * 100).toFixed(0)} %`;
    rows.push([form.name, short(perSecond), short(cpuMs), short(convertMs), share]);
  }
  await bridge.stop();
});
console.log(
  table(
    [
      'from sent to stored',
      'messages/s',
      'ms of a processor a message',
      'ms of them converting',
      'conversion takes',
    ],
    rows,
  ),
);

function segmentsOf(form: Form): number {
  return form.message(0).toString().split('\r').length - 1;
}

/** By this process, while the bridge has nothing to do. */
function convertMsOf(form: Form): number {
  work(convert, poolOf(form), 1, CONVERT_MS);
  const { cpuMs, messages } = work(convert, poolOf(form), 1, CONVERT_MS);
  return cpuMs / messages;
}

/** Sends messages from `first` on, as fast as they are acknowledged, and waits until the last is stored. */
async function feed({ url, mllpPort }: Running, form: Form, first: number, count: number) {
  const gauges = () => readGauges({ url });
  const processed = async () => (await gauges())('hl7v2_messages_processed');
  const cpuSeconds = async () => (await gauges())('process_cpu_seconds_total');
  const senders = await Promise.all(
    Array.from({ length: LANES }, () => connectMllp({ host: '127.0.0.1', port: mllpPort })),
  );
  const [done, used, started] = [(await processed()) + count, await cpuSeconds(), performance.now()];
  let next = first;
  await Promise.all(
    senders.map(async (sender) => {
      while (next < first + count) {
        const answer = code(await sender.send(form.message(next++)));
        if (answer !== 'AA') throw new Error(`expected AA, got ${answer}`);
      }
      await sender.close();
    }),
  );
  while ((await processed()) < done) {
    if ((await gauges())('hl7v2_messages_dead') > 0)
      throw new Error('a message of the feed was not processed');
    await after(100);
  }
  const perSecond = (count * 1000) / (performance.now() - started);
  return { perSecond, cpuMs: (((await cpuSeconds()) - used) * 1000) / count };
}
