// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { Command, CommanderError } from 'commander';
import { addSend } from '../../src/cli/send.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { buildAck } from '../../src/ingest/ack.ts';
import { Hl7Error } from '../../src/ingest/hl7/errors.ts';
import { listenMllp, type MllpHandler, type MllpServer, type MllpTls } from '../../src/ingest/mllp.ts';
import { connectMllp, MllpError } from '../../src/ingest/mllp-client.ts';
import { openLogger } from '../../src/operate/log.ts';

const now = () => Date.UTC(2026, 0, 1);
const folder = mkdtempSync(join(tmpdir(), 'mooring-send-'));
after(() => rmSync(folder, { recursive: true }));

const servers: MllpServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const seen: string[] = [];
const handle: MllpHandler = async (bytes, peer) => {
  seen.push(peer.certificateName ?? peer.address);
  if (!bytes.includes('BAD')) return [buildAck(bytes, 'AA', { now })];
  const error = new Hl7Error('101', 'PID-3 is missing', { segment: 'PID', sequence: 1, field: 3 });
  return [buildAck(bytes, 'AE', { now, errors: [error] })];
};

async function listen(tls?: MllpTls): Promise<number> {
  const server = await listenMllp({ port: 0, now, ...(tls ? { tls } : {}) }, handle, openLogger('silent'));
  servers.push(server);
  return server.port;
}

async function send(...args: string[]): Promise<{ out: string[]; err: string[]; exitCode: number }> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = { out: (line) => out.push(line), err: (line) => err.push(line), exitCode: 0 };
  const program = new Command('mooring')
    .exitOverride()
    .configureOutput({ writeErr: (text) => err.push(text) });
  addSend(program, terminal);
  try {
    await program.parseAsync(['send', ...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    terminal.exitCode = 2;
  }
  return { out, err, exitCode: terminal.exitCode };
}

function write(name: string, ...ids: string[]): string {
  const file = join(folder, name);
  writeFileSync(file, ids.map((id) => `MSH|^~\\&|E|H|||||ADT^A01|${id}|P|2.5.1\rPID|1\r`).join(''));
  return file;
}

describe('mooring send', () => {
  test('prints a line for each acknowledgment, files in the order of their names', async () => {
    const [second, first] = [write('b.hl7', 'B1', 'B2'), write('a.hl7', 'A1')];
    const { out, exitCode } = await send('--to', `127.0.0.1:${await listen()}`, folder);
    assert.deepEqual(out, [`${first}  AA  A1`, `${second}  AA  B1`, `${second}  AA  B2`]);
    assert.equal(exitCode, 0);
  });

  test('exits with 1 and says why when a message is refused', async () => {
    const file = write('c.hl7', 'BAD-1', 'C2');
    const { out, exitCode } = await send(file, '--to', `127.0.0.1:${await listen()}`);
    assert.deepEqual(out, [`${file}  AE  BAD-1  PID-1-3 101 PID-3 is missing`, `${file}  AA  C2`]);
    assert.equal(exitCode, 1);
  });

  test('waits for no answer to a message that wants none, or only wants one when things go wrong', async () => {
    const header = (id: string, wants: string) =>
      `MSH|^~\\&|E|H|||||ADT^A01|${id}|P|2.5.1|||${wants}\rPID|1\r`;
    const file = join(folder, 'none.hl7');
    writeFileSync(
      file,
      ['NE|NE', 'ER|NE', 'AL|NE'].map((wants, index) => header(`N${index}`, wants)).join(''),
    );
    const started = performance.now();
    const server = await listenMllp(
      { port: 0, now },
      async (bytes) => (bytes.includes('AL|NE') ? [buildAck(bytes, 'CA', { now })] : []),
      openLogger('silent'),
    );
    servers.push(server);
    const { out, exitCode } = await send('--to', `127.0.0.1:${server.port}`, file);
    assert.deepEqual(out, [
      `${file}  -  N0  wants no acknowledgment`,
      `${file}  -  N1  may be acknowledged later`,
      `${file}  CA  N2`,
    ]);
    assert.equal(exitCode, 0);
    assert.ok(performance.now() - started < 10_000);
  });

  test('tells a refusal that comes where none was waited for, and exits with 1', async () => {
    const file = join(folder, 'refused.hl7');
    writeFileSync(file, 'MSH|^~\\&|E|H|||||ADT^A01|BAD-9|P|2.5.1|||ER|NE\rPID|1\r');
    const { out, exitCode } = await send('--to', `127.0.0.1:${await listen()}`, file);
    assert.deepEqual(out, [
      `${file}  -  BAD-9  may be acknowledged later`,
      '-  AE  BAD-9  PID-1-3 101 PID-3 is missing',
    ]);
    assert.equal(exitCode, 1);
  });

  test('exits with 2 when it is called wrongly', async () => {
    assert.equal((await send('--to', 'nowhere', 'x.hl7')).exitCode, 2);
    assert.equal((await send('--to', '127.0.0.1:99999', 'x.hl7')).exitCode, 2);
    assert.equal((await send('x.hl7')).exitCode, 2);
    assert.equal((await send('--to', '127.0.0.1:2575')).exitCode, 2);
  });

  test('fails by name when nobody listens', async () => {
    const port = await listen();
    await servers.pop()!.close();
    const file = write('d.hl7', 'D1');
    await assert.rejects(
      send('--to', `127.0.0.1:${port}`, file),
      (error: MllpError) => error.code === 'NOT_CONNECTED',
    );
  });
});

/** A certificate authority, a server and a sender, made by openssl; undefined where there is none. */
function certificates(): { read(name: string): Buffer; path(name: string): string } | undefined {
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  try {
    run('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test CA', '-days', '2');
    for (const name of ['server', 'sender']) {
      run('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      writeFileSync(join(folder, 'san'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
      const sign = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'san'];
      run('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...sign);
    }
  } catch {
    return undefined;
  }
  return { read: (name) => readFileSync(join(folder, name)), path: (name) => join(folder, name) };
}

test('with TLS only senders with a certificate of the right authority are heard', async (t) => {
  const pem = certificates();
  if (!pem) return t.skip('needs openssl');
  const port = await listen({
    key: pem.read('server.key'),
    cert: pem.read('server.pem'),
    ca: pem.read('ca.pem'),
  });
  const file = write('tls.hl7', 'T1');
  const shown = [
    '--ca',
    pem.path('ca.pem'),
    '--cert',
    pem.path('sender.pem'),
    '--key',
    pem.path('sender.key'),
  ];
  seen.length = 0;
  const { out, exitCode } = await send('--to', `127.0.0.1:${port}`, ...shown, file);
  assert.deepEqual([out, exitCode, seen], [[`${file}  AA  T1`], 0, ['sender']]);

  const strangers = [
    { tls: { ca: pem.read('ca.pem') } }, // shows no certificate
    {}, // speaks no TLS
  ];
  for (const stranger of strangers) {
    await assert.rejects(async () => {
      const client = await connectMllp({ host: '127.0.0.1', port, timeoutMs: 2000, ...stranger });
      await client.send(readFileSync(file)).finally(() => client.close());
    }, MllpError);
  }
  assert.equal(seen.length, 1);
});
