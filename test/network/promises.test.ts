// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { askOperator } from '../../src/cli/operator.ts';
import { SHOWN } from '../../src/demo/messages.ts';
import { needs } from '../require.ts';
import { bearer, everything } from './client.ts';
import { BUILT, endAll, mooring, ROOT, type Running, run, serve, temporaryFolder } from './harness.ts';

const FIXTURES = join(ROOT, 'fixtures/hl7');
const MESSAGES = readdirSync(FIXTURES).filter((name) => name.endsWith('.hl7'));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let network: Running;

before(async () => {
  folder = await temporaryFolder();
  network = await serve(folder.path, ['--demo'], { [BUILT]: '' });
});

after(async () => {
  await endAll();
  await folder?.remove();
});

test('an empty hospital feeds itself messages of every type and says where to look', () => {
  const text = network.lines.join('\n');
  assert.match(text, new RegExp(`${SHOWN.length} messages .*, ${SHOWN.length} accepted`));
  assert.match(text, /mooring token/);
  const typesOf = (names: readonly string[]) => new Set(names.map((name) => name.split('-')[1]));
  assert.deepEqual(typesOf(SHOWN), typesOf(MESSAGES));
});

test('what it says to try next delivers every fixture, and each is accepted and processed', async () => {
  const sent = await mooring(['send', '--to', `127.0.0.1:${network.mllpPort}`, FIXTURES]);
  assert.equal(sent.code, 0, sent.err);
  assert.equal(sent.out.match(/ {2}AA {2}/g)?.length, MESSAGES.length, sent.out);
  const figure = async (name: string) => {
    const text = await (await fetch(`${network.url}/metrics`)).text();
    return Number(new RegExp(`^\\w*hl7v2_messages_${name}(?:{[^}]*})? (\\d+)$`, 'm').exec(text)?.[1]);
  };
  for (const late = performance.now() + 60_000; (await figure('waiting')) > 0; await pause(100))
    assert.ok(performance.now() < late, 'all are processed');
  assert.equal(await figure('dead'), 0);
});

test('every step of the tour is as expected', { timeout: 120_000 }, async () => {
  const tour = await mooring([
    'tour',
    '--url',
    network.url,
    '--mllp',
    `127.0.0.1:${network.mllpPort}`,
    '--data-dir',
    folder.path,
  ]);
  assert.equal(tour.code, 0, tour.out + tour.err);
  assert.doesNotMatch(tour.out, /NOT AS EXPECTED/);
});

test('an MLLP sender of others delivers every fixture and reads AA', async (t) => {
  const sender = needs('mllp_send', 'MOORING_TEST_MLLP_SEND');
  if ('skip' in sender) return t.skip(sender.skip);
  const framed = join(tmpdir(), `framed-${process.pid}.hl7`);
  t.after(() => rmSync(framed, { force: true }));
  // Its --loose mode would put a header of its own before one with other delimiters: MLLP frames leave the bytes alone.
  const frames = MESSAGES.flatMap((name) => [
    Buffer.from('\x0b'),
    readFileSync(join(FIXTURES, name)),
    Buffer.from('\x1c\r'),
  ]);
  writeFileSync(framed, Buffer.concat(frames));
  // To the clinic, which has none of them: it leaves out line ends, and would send the hospital others under the same control id.
  const [, port = ''] = /^clinic: .*MLLP \S+:(\d+)$/m.exec(network.lines.join('\n')) ?? [];
  const sent = await run(sender.value, ['--file', framed, '-p', port, '127.0.0.1']);
  assert.equal(sent.out.match(/MSA.AA./g)?.length, MESSAGES.length, `${sent.out} ${sent.err}`);
});

test('fsck of the Tessera project finds the log of a thousand leaves and more consistent', {
  timeout: 120_000,
}, async (t) => {
  const fsck = needs('fsck', 'MOORING_TEST_FSCK');
  if ('skip' in fsck) return t.skip(fsck.skip);
  const token = await bearer(network, folder.path);
  await fillTo(1000, token);
  const key = await (await fetch(`${network.url}/log/key`)).text();
  const keyFile = join(folder.path, 'log.vkey');
  writeFileSync(keyFile, key);
  const checked = await run(fsck.value, [
    `--storage_url=${network.url}/log/`,
    `--public_key=${keyFile}`,
    '--ui=false',
    '-N=4',
  ]);
  // It ends with 0 whatever it finds: what it says is the verdict.
  assert.match(checked.err + checked.out, /Successfully fsck'd log with size \d{4,}/);
});

/** Writes until the signed checkpoint covers that many leaves. */
async function fillTo(leaves: number, token: string): Promise<void> {
  const size = async () =>
    Number((await (await fetch(`${network.url}/log/checkpoint`)).text()).split('\n')[1]);
  for (let deadline = Date.now() + 60_000; (await size()) < leaves; ) {
    assert.ok(Date.now() < deadline, 'the log grows');
    const batch = Array.from({ length: 50 }, (_, n) => ({
      request: { method: 'POST', url: 'Organization' },
      resource: { resourceType: 'Organization', name: `Ward ${n}` },
    }));
    const response = await fetch(`${network.url}/fhir`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' },
      body: JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry: batch }),
    });
    assert.equal(response.status, 200);
    await response.arrayBuffer();
  }
}

test('the ledger can be looked at by the organization itself and by auditors, and by nobody else', async () => {
  const operator = { url: network.url, dataDir: join(folder.path, 'hospital') };
  await askOperator(operator, 'POST', '/participants', {
    ...{ id: 'auditor', role: 'auditor', mspId: 'HospitalMSP' },
  });
  const blocks = async (client?: { id: string; participant: string; scope: string }) => {
    const token = client && (await bearer(network, folder.path, client));
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await fetch(`${network.url}/ledger/exchange/blocks`, { headers })).status;
  };
  const scope = 'system/AuditEvent.r';
  assert.equal(await blocks({ id: 'own', participant: 'hospital', scope }), 200);
  assert.equal(await blocks({ id: 'own-without', participant: 'hospital', scope: 'system/Patient.rs' }), 403);
  assert.equal(await blocks({ id: 'auditors', participant: 'auditor', scope }), 200);
  assert.equal(await blocks({ id: 'clinics', participant: 'clinic', scope }), 403);
  assert.equal(await blocks(), 401);
});

test('a bridge that can not listen says why and ends, so that whoever started it knows', async () => {
  const other = await temporaryFolder();
  try {
    for (const port of ['HTTP_PORT', 'MLLP_PORT']) {
      const taken = port === 'HTTP_PORT' ? new URL(network.url).port : String(network.mllpPort);
      await assert.rejects(
        serve(other.path, [], { [`MOORING_${port}`]: taken }),
        /ended with 1 before.*EADDRINUSE/s,
      );
    }
  } finally {
    await other.remove();
  }
});

test('no name, identifier or result of a patient stands in clear anywhere in the data folder', async () => {
  const token = await bearer(network, folder.path);
  const words = new Set<string>();
  const elements = new Set<string>();
  for (const type of ['Patient', 'RelatedPerson', 'Observation', 'Encounter', 'Condition']) {
    for (const resource of await everything(network, token, type)) {
      collect(resource, words);
      collectNames(resource, elements);
    }
  }
  assert.ok(words.size > 100, `${words.size} words to look for`);
  for (const file of filesIn(folder.path)) {
    const text = readFileSync(file).toString('latin1');
    // When which element was recorded is written in clear, and somebody's note may say "active".
    const found = [...words].filter((word) => !elements.has(word) && standsIn(text, word));
    assert.deepEqual(found, [], `${file} holds values of the fixtures`);
  }
});

/** As a word of its own: within ciphertext in base64, or a keyed token in digits, a short one is found by chance. */
function standsIn(text: string, word: string): boolean {
  const bytes = Buffer.from(word).toString('latin1');
  for (let at = text.indexOf(bytes); at >= 0; at = text.indexOf(bytes, at + 1)) {
    const around = text.slice(Math.max(0, at - 1), at) + text.slice(at + bytes.length, at + bytes.length + 1);
    if (!/[A-Za-z0-9+/]/.test(around)) return true;
  }
  return false;
}

/** The names of all elements. */
function collectNames(value: unknown, names: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, each] of Object.entries(value)) {
    names.add(name);
    collectNames(each, names);
  }
}

/** The values that identify or tell: names, addresses, identifiers, texts and results. Short ones would be found by chance. */
function collect(value: unknown, words: Set<string>, key = ''): void {
  const telling = /^(family|given|line|city|postalCode|value|valueString|text|birthDate|div)$/;
  if (typeof value === 'string') {
    // When something happened is indexed in clear, and that may be the day on which somebody was born.
    // So may a round number be: a size, a limit.
    if (telling.test(key) && value.length >= 6 && !/^(20\d\d-|[1-9]0+$)/.test(value)) words.add(value);
    return;
  }
  if (Array.isArray(value)) for (const each of value) collect(each, words, key);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value))
      if (name !== 'system' && name !== 'code') collect(each, words, name);
  }
}

function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}
