// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Command } from 'commander';
import express from 'express';
import { addConsents } from '../../src/cli/consents.ts';
import { addLedger } from '../../src/cli/ledger.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import {
  type OpenConsentRules,
  openConsentRules,
  operatorConsentRoutes,
  operatorLedgerRoutes,
} from '../../src/consent/rules.ts';
import { FhirError } from '../../src/fhir/outcome.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { type EmbeddedChannel, openEmbeddedChannel } from '../../src/ledger/embedded/channel.ts';
import { openLogger } from '../../src/operate/log.ts';
import { type DatabaseServer, openEmbedded } from '../../src/store/sql/database.ts';

const pseudonym = (text: string) => createHmac('sha256', 'a secret').update(text).digest('base64url');

describe('mooring consents', () => {
  let folder: string;
  let database: DatabaseServer;
  let channel: EmbeddedChannel;
  let rules: OpenConsentRules;
  let http: Server;
  let url: string;
  const stored = new Map<string, Resource>();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mooring-consents-'));
    await writeFile(join(folder, 'operator.token'), 'secret\n');
    database = await openEmbedded();
    channel = await openEmbeddedChannel({
      ...{ db: await database.schema('ledger'), now: Date.now, signingSecret: randomBytes(32) },
    });
    rules = await openConsentRules({
      ...{ ledger: channel.as({ mspId: 'HospitalMSP', name: 'bridge' }), participant: 'hospital', pseudonym },
      ...{ channel: 'exchange', db: await database.schema('hospital'), secret: randomBytes(32) },
      ...{ now: Date.now, maxAgeMs: 30_000, logger: openLogger('silent') },
    });
    await rules.registerParticipant({ id: 'hospital', role: 'hospital', mspId: 'HospitalMSP' });
    http = createServer(bridge()).listen(0, '127.0.0.1');
    await new Promise((resolve) => http.once('listening', resolve));
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  });
  after(async () => {
    http.close();
    await rules.close();
    await channel.close();
    await database.close();
    await rm(folder, { recursive: true });
  });

  /** As much of a bridge as the commands speak to. */
  function bridge(): express.Express {
    const app = express();
    app.use(express.json({ type: ['application/json', 'application/fhir+json'] }));
    app.use('/operator', operatorConsentRoutes(rules));
    app.use(
      '/operator',
      operatorLedgerRoutes([
        { channel: 'exchange', rules, anchoringProblem: () => undefined, adopt: async () => {} },
      ]),
    );
    app.put('/fhir/Consent/:id', async (request, response) => {
      await rules.accept(request.body);
      stored.set(request.params.id, request.body);
      response.status(201).end();
    });
    app.get('/fhir/Consent/:id', (request, response) => {
      response.json(stored.get(request.params.id));
    });
    app.get('/fhir/Consent', (_request, response) => {
      response.json({
        resourceType: 'Bundle',
        entry: [...stored.values()].map((resource) => ({ resource })),
      });
    });
    app.use(((error, _request, response, _next) => {
      const status = error instanceof FhirError ? error.status : (error.status ?? 500);
      response.status(status).json({ error: error.message, issue: error.issues });
    }) satisfies express.ErrorRequestHandler);
    return app;
  }

  let exitCode = 0;
  async function mooring(...args: string[]): Promise<string[]> {
    const lines: string[] = [];
    const terminal: Terminal = {
      out: (line) => lines.push(line),
      err: (line) => lines.push(line),
      exitCode: 0,
    };
    const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
    addConsents(program, terminal);
    addLedger(program, terminal);
    await program.parseAsync(args, { from: 'user' });
    exitCode = terminal.exitCode;
    return lines;
  }

  test('a key is made, enrolled, grants, is listed and revokes', async () => {
    const key = join(folder, 'patient.jwk');
    const patient = randomUUID();
    await mooring('consents', 'keygen', '--key', key);
    assert.equal((await stat(key)).mode & 0o077, 0);
    await mooring(
      'consents',
      'enroll',
      '--patient',
      patient,
      '--key',
      key,
      '--url',
      url,
      '--data-dir',
      folder,
    );
    await rules.registerParticipant({ id: 'clinic', role: 'clinic', mspId: 'HospitalMSP' });
    const onBridge = ['--url', url, '--token', 't'];
    const [granted] = await mooring(
      ...[
        'consents',
        'grant',
        '--patient',
        patient,
        '--to',
        'clinic',
        '--for',
        '1h',
        '--class',
        'Observation',
      ],
      ...['--key', key, ...onBridge],
    );
    const id = granted?.split('/')[1] ?? '';
    const record = { resourceType: 'Observation', id: 'o', subject: { reference: `Patient/${patient}` } };
    const clinic = { participant: 'clinic', purpose: 'TREAT' };
    assert.equal((await rules.decide(clinic, [record]))[0]?.effect, 'permit');
    const [line] = await mooring('consents', 'list', '--patient', patient, ...onBridge);
    assert.match(line ?? '', new RegExp(`^${id}\tactive\tclinic\t`));
    await mooring('consents', 'revoke', '--consent', id, '--key', key, ...onBridge);
    assert.equal((await rules.decide(clinic, [record]))[0]?.effect, 'deny');
  });

  test('a key that was made is never overwritten', async () => {
    const key = join(folder, 'twice.jwk');
    await mooring('consents', 'keygen', '--key', key);
    const before = await readFile(key, 'utf8');
    await assert.rejects(mooring('consents', 'keygen', '--key', key), { code: 'EEXIST' });
    assert.equal(await readFile(key, 'utf8'), before);
  });

  test('a grant with a stranger’s key is refused and says why', async () => {
    const key = join(folder, 'stranger.jwk');
    await mooring('consents', 'keygen', '--key', key);
    const grant = mooring(
      ...[
        'consents',
        'grant',
        '--patient',
        randomUUID(),
        '--to',
        'clinic',
        '--key',
        key,
        '--url',
        url,
        '--token',
        't',
      ],
    );
    await assert.rejects(grant, /422.*KEY_MISSING/);
  });

  test('a duration that is none is wrong usage', async () => {
    const grant = mooring(
      'consents',
      'grant',
      '--patient',
      'p',
      '--to',
      'c',
      '--for',
      'soon',
      '--key',
      'k',
      '--token',
      't',
    );
    await assert.rejects(grant, { code: 'commander.invalidArgument' });
  });

  test('the operator lists participants, and learns what is wrong with a request', async () => {
    const ask = (path: string, body?: object) =>
      fetch(`${url}/operator${path}`, {
        ...(body
          ? { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
          : {}),
      });
    const listed = (await (await ask('/participants')).json()) as { id: string }[];
    assert.ok(listed.some(({ id }) => id === 'hospital'));
    assert.equal((await ask('/participants', { id: 'x' })).status, 400);
    assert.equal((await ask('/participants', { id: 'x', role: 'clinic', mspId: 'OtherMSP' })).status, 403);
    assert.equal((await ask('/patients/p/key', { jwk: { kty: 'EC' } })).status, 400);
    assert.equal((await ask('/patients/p/key', {})).status, 400);
  });

  const asOperator = () => ['--url', url, '--data-dir', folder];

  test('the operator sees how far the bridge has followed the ledger, and rebuilds it with progress', async () => {
    await rules.refresh();
    const [status] = await mooring('ledger', 'status', ...asOperator());
    assert.match(status ?? '', /^exchange {2}(\d+) of \1 blocks {2}certain 0 s ago$/);
    const lines = await mooring('ledger', 'rebuild', '--channel', 'exchange', ...asOperator());
    assert.match(lines[0] ?? '', /^exchange {2}block 0 of \d+$/);
    assert.equal(lines.at(-1), 'exchange  rebuilt');
    assert.equal(exitCode, 0);
    await assert.rejects(mooring('ledger', 'rebuild', '--channel', 'other', ...asOperator()), /404/);
  });

  test('the operator learns a patient’s pseudonym, and links another organization’s to a patient here', async () => {
    const patient = randomUUID();
    const subject = ['--patient', patient, ...asOperator()];
    assert.deepEqual(await mooring('consents', 'subject', ...subject), [pseudonym(patient)]);
    const clinic = channel.as({ mspId: 'ClinicMSP', name: 'bridge' });
    const theirs = `theirs-${randomUUID()}`;
    const args = [theirs, 'patient', 'ClinicMSP', ''];
    await clinic.submit({ contract: 'participants', name: 'Register', args });
    await mooring('consents', 'link', '--subject', theirs, ...subject);
    assert.deepEqual(await mooring('consents', 'subject', ...subject), [
      pseudonym(patient),
      `${theirs}\tlinked`,
    ]);
    const another = mooring('consents', 'link', '--subject', theirs, '--patient', 'other', ...asOperator());
    await assert.rejects(another, /409/);
    await assert.rejects(mooring('consents', 'link', '--subject', 'nobody', ...subject), /409/);
  });
});
