// SPDX-License-Identifier: Apache-2.0
// A bridge in a process of its own, loaded over its real ports: node --import tsx bench/bridge.ts [seconds]
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import { connectMllp } from '../src/ingest/mllp-client.ts';
import { bearer } from '../test/network/client.ts';
import { mooring, type Running, serve } from '../test/network/harness.ts';
import { admission, code } from '../test/network/messages.ts';
import { inFolder } from './folder.ts';
import { readGauges } from './gauges.ts';
import { measure, print, printRate } from './rate.ts';

const LANES = 32;
const forMs = Number(process.argv[2] ?? 8) * 1000;
const timing = { lanes: LANES, warmMs: 3000, forMs };
const agent = new Agent({ keepAlive: true, maxSockets: LANES });

await inFolder(async (folder) => {
  const bridge = await serve(folder, ['--demo'], {
    MOORING_LOG_LEVEL: 'silent',
    MOORING_REQUESTS_PER_MINUTE: '100000000',
    ...(process.env['MOORING_BENCH_DATABASE_URL']
      ? { MOORING_DATABASE_URL: process.env['MOORING_BENCH_DATABASE_URL'] }
      : {}),
  });
  const token = await bearer(bridge, folder);
  const partner = await grantedClinic(bridge, token, folder);
  await messages(bridge);
  await processed(bridge);
  await creates(bridge, token);
  await reads(bridge, partner.token, partner.observation);
  await anchored(bridge);
  await bridge.stop();
});

async function messages({ mllpPort }: Running): Promise<void> {
  const senders = await Promise.all(
    Array.from({ length: LANES }, () => connectMllp({ host: '127.0.0.1', port: mllpPort })),
  );
  const rate = await measure(timing, async (n) => {
    const answer = await senders[n % LANES]!.send(admission(1_000_000 + n));
    if (code(answer) !== 'AA') throw new Error(`expected AA, got ${code(answer)}`);
  });
  print('HL7v2 over MLLP to durable AA', rate);
  await Promise.all(senders.map((sender) => sender.close()));
}

/** What was acknowledged is processed beside the acknowledging and after it; here the rest, with nothing else going on. */
async function processed({ url }: Running): Promise<void> {
  const waiting = async () => (await readGauges({ url }))('hl7v2_messages_waiting');
  const [before, started] = [await waiting(), performance.now()];
  while ((await waiting()) > 0) await after(250);
  printRate(`of them processed afterwards (${before})`, before / ((performance.now() - started) / 1000));
}

async function creates({ url }: Running, token: string): Promise<void> {
  const rate = await measure(timing, (n) =>
    call('POST', `${url}/fhir/Observation`, token, 201, {
      resourceType: 'Observation',
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
      subject: { reference: 'Patient/bench' },
      effectiveDateTime: '2026-03-01T12:00:00Z',
      valueQuantity: { value: 12 + (n % 5), unit: 'g/dL' },
    }),
  );
  print('FHIR creates over HTTP', rate);
}

async function reads({ url }: Running, token: string, observation: string): Promise<void> {
  const rate = await measure(timing, () => call('GET', `${url}/fhir/${observation}`, token, 200));
  print('consent-checked, audited reads over HTTP', rate);
}

async function anchored({ url }: Running): Promise<void> {
  const gauge = await readGauges({ url });
  const leaves = gauge('log_anchored_size');
  const transactions = gauge('log_checkpoints');
  console.log(
    `${'records anchored per ledger transaction'.padEnd(46)} ${(leaves / transactions).toFixed(0).padStart(7)}     (${leaves} in ${transactions})`,
  );
}

/** A patient of the hospital who granted the clinic everything, and one result of the patient's. */
async function grantedClinic(
  bridge: Running,
  token: string,
  dataDir: string,
): Promise<{ token: string; observation: string }> {
  const patient = randomUUID();
  await call('PUT', `${bridge.url}/fhir/Patient/${patient}`, token, 201, {
    resourceType: 'Patient',
    id: patient,
    active: true,
  });
  const observation = randomUUID();
  await call('PUT', `${bridge.url}/fhir/Observation/${observation}`, token, 201, {
    resourceType: 'Observation',
    id: observation,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
    subject: { reference: `Patient/${patient}` },
    valueQuantity: { value: 13, unit: 'g/dL' },
  });
  const key = `${dataDir}/patient.jwk`;
  const operator = ['--url', bridge.url, '--data-dir', `${dataDir}/hospital`];
  const done = async (...args: string[]) => {
    const result = await mooring(args);
    if (result.code !== 0) throw new Error(`${args.join(' ')}: ${result.err}`);
  };
  await done('consents', 'keygen', '--key', key);
  await done('consents', 'enroll', '--patient', patient, '--key', key, ...operator);
  await done(
    'consents',
    'grant',
    '--patient',
    patient,
    '--to',
    'clinic',
    '--for',
    '1h',
    '--key',
    key,
    '--url',
    bridge.url,
    '--token',
    token,
  );
  const clinic = { id: 'north-clinic', participant: 'clinic', scope: 'system/*.rs' };
  return { token: await bearer(bridge, dataDir, clinic), observation: `Observation/${observation}` };
}

function call(method: string, url: string, token: string, expected: number, body?: unknown): Promise<void> {
  return new Promise((done, fail) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${token}`,
      ...(text ? { 'content-type': 'application/fhir+json' } : {}),
    };
    const sent = request(url, { method, agent, headers }, (response) => {
      response
        .resume()
        .on('end', () =>
          response.statusCode === expected
            ? done()
            : fail(new Error(`${method} answered ${response.statusCode}`)),
        );
    });
    sent.on('error', fail).end(text);
  });
}
