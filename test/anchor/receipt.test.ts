// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Command } from 'commander';
import fc from 'fast-check';
import { toBase64 } from '../../src/anchor/base64.ts';
import { openSigner } from '../../src/anchor/keys.ts';
import type { Receipt } from '../../src/anchor/proofs.ts';
import { readTrust, trustOf } from '../../src/anchor/trust.ts';
import { verifyReceipt } from '../../src/anchor/verify-receipt.ts';
import { addVerify } from '../../src/cli/verify.ts';
import { verifyEmbeddedEvidence } from '../../src/ledger/embedded/verify.ts';
import { verifyFabricEvidence } from '../../src/ledger/fabric/verify.ts';
import { anchorHome, keep, ownParts, proofsOf } from './bridge.ts';
import { addLeaves, SEED } from './support.ts';

const CHECKS = { embedded: verifyEmbeddedEvidence, fabric: verifyFabricEvidence };
const RESULT =
  '{"resourceType":"Observation","id":"o1","status":"final","code":{"text":"Sodium"},"valueQuantity":{"value":140.50}}';

async function ownReceipt(t: TestContext, shownNames?: readonly string[]) {
  const parts = await ownParts(t);
  const { db, store, log, channel } = parts;
  await addLeaves(db, 9);
  await keep(store, RESULT);
  await addLeaves(db, 300);
  await log.integrate();
  await anchorHome(parts);
  const proofs = proofsOf(parts);
  const receipt = await proofs.receipt('Observation', 'o1', undefined, shownNames);
  assert.ok(receipt);
  const trusted = { kind: 'embedded', publicKey: toBase64(channel.publicKey) } as const;
  // As it comes out of a file.
  const file = JSON.parse(JSON.stringify(receipt)) as Receipt;
  return { ...parts, proofs, receipt: file, trustFile: trustOf(log, [trusted]) };
}

const failed = (checks: readonly { name: string; ok: boolean }[]) =>
  checks.filter(({ ok }) => !ok).map(({ name }) => name);

test('a receipt verifies offline with the trusted keys, and names exactly what fails', async (t) => {
  const { receipt, trustFile } = await ownReceipt(t);
  const trust = readTrust(trustFile);
  const failing = (changed: unknown) => failed(verifyReceipt(changed, trust, CHECKS).checks);
  assert.deepEqual(verifyReceipt(receipt, trust, CHECKS), {
    ok: true,
    checks: verifyReceipt(receipt, trust, CHECKS).checks,
  });
  assert.match(receipt.resource, /140\.50/);

  const { resource } = receipt;
  assert.deepEqual(failing({ ...receipt, resource: resource.replace('140.50', '140.5') }), ['commitment']);
  assert.deepEqual(failing({ ...receipt, resource: resource.replace('"Sodium"', '"Sodium" ') }), ['content']);
  assert.deepEqual(failing({ ...receipt, resource: resource.replace('"o1"', '"o2"') }), [
    'content',
    'commitment',
  ]);
  assert.deepEqual(failing({ ...receipt, record: { ...receipt.record, version: 2 } }), ['content']);
  assert.deepEqual(failing({ ...receipt, record: { ...receipt.record, type: 'Consent' } }), [
    'content',
    'leaf',
  ]);
  assert.deepEqual(failing({ ...receipt, index: receipt.index + 1 }), ['inclusion']);
  const leaf = Buffer.from(receipt.leaf, 'base64');
  leaf[20]! ^= 1;
  assert.deepEqual(failing({ ...receipt, leaf: leaf.toString('base64') }), ['commitment', 'inclusion']);
  const signature = receipt.proof.lastIndexOf(' ') + 20;
  const other = receipt.proof[signature] === 'A' ? 'B' : 'A';
  const badlySigned = receipt.proof.slice(0, signature) + other + receipt.proof.slice(signature + 1);
  assert.deepEqual(failing({ ...receipt, proof: badlySigned }), ['checkpoint']);
  const { transaction } = receipt.ledger as unknown as { transaction: string };
  const forged = { ...receipt.ledger, transaction: transaction.replace('Checkpoint', 'Chequepoint') };
  assert.deepEqual(failing({ ...receipt, ledger: forged }), ['ledger']);
  assert.deepEqual(failing({ ...receipt, ledger: { kind: 'fabric' } }), ['ledger']);
  for (const bad of [
    undefined,
    null,
    1,
    'x',
    [],
    {},
    { ...receipt, mooringReceipt: 2 },
    { ...receipt, salt: 'AA==' },
    { ...receipt, salts: {}, hidden: [] },
    { ...receipt, index: 1e300 },
  ])
    assert.deepEqual(failing(bad), ['form']);
});

test('a receipt is believed only as far as the keys that are trusted', async (t) => {
  const { receipt, trustFile, log } = await ownReceipt(t);
  const failing = (file: unknown) => failed(verifyReceipt(receipt, readTrust(file), CHECKS).checks);
  assert.deepEqual(failing({ ...trustFile, logKeys: [] }), ['checkpoint']);
  const impostor = openSigner(log.origin, Buffer.alloc(32, 66)).verifierKey;
  assert.deepEqual(failing({ ...trustFile, logKeys: [impostor] }), ['checkpoint']);
  const elsewhere = openSigner('clinic.example/log', SEED).verifierKey;
  assert.deepEqual(failing({ ...trustFile, logKeys: [elsewhere] }), ['checkpoint']);
  assert.deepEqual(failing({ ...trustFile, logKeys: [elsewhere, impostor, ...trustFile.logKeys] }), []);
  assert.deepEqual(failing({ ...trustFile, ledgers: [] }), ['ledger']);
  const stranger = { kind: 'embedded', publicKey: Buffer.alloc(32, 3).toString('base64') };
  assert.deepEqual(failing({ ...trustFile, ledgers: [stranger] }), ['ledger']);
  assert.deepEqual(failing({ ...trustFile, ledgers: [stranger, ...trustFile.ledgers] }), []);
  for (const bad of [
    undefined,
    {},
    { logKeys: ['x'], ledgers: [] },
    { logKeys: [], ledgers: [{ kind: 'other' }] },
    { logKeys: [], ledgers: [{ kind: 'embedded', publicKey: 'AA==' }] },
  ])
    assert.throws(() => readTrust(bad), { code: 'KEY_INVALID' });
});

test('a receipt of a masked copy shows only what it shows, and still verifies', async (t) => {
  const { receipt, trustFile } = await ownReceipt(t, ['status']);
  const trust = readTrust(trustFile);
  assert.deepEqual(
    verifyReceipt(receipt, trust, CHECKS).checks.filter(({ ok }) => !ok),
    [],
  );
  // With its point: hashes in hexadecimal have such digits, too.
  assert.ok(!/140\.5|Sodium/.test(JSON.stringify(receipt)));
  assert.equal(receipt.salt, undefined);
  assert.equal(receipt.hidden?.length, 2);
  const failing = (changed: unknown) => failed(verifyReceipt(changed, trust, CHECKS).checks);
  assert.deepEqual(failing({ ...receipt, resource: receipt.resource.replace('final', 'other') }), [
    'commitment',
  ]);
  assert.deepEqual(failing({ ...receipt, hidden: receipt.hidden?.slice(1) }), ['commitment']);
  assert.deepEqual(failing({ ...receipt, salts: {} }), ['commitment']);
  assert.deepEqual(failing({ ...receipt, hidden: ['x'] }), ['form']);
});

test('a receipt with any character changed is found out or says the same', async (t) => {
  const { receipt, trustFile } = await ownReceipt(t);
  const trust = readTrust(trustFile);
  const text = JSON.stringify(receipt);
  fc.assert(
    fc.property(
      fc.nat(text.length - 1),
      fc.constantFrom('A', '0', '"', '}', ' ', 'é', '\u0000'),
      (at, put) => {
        const changed = text.slice(0, at) + put + text.slice(at + 1);
        let value: unknown;
        try {
          value = JSON.parse(changed);
        } catch {
          return;
        }
        const { ok } = verifyReceipt(value, trust, CHECKS);
        if (JSON.stringify(value) !== text) assert.equal(ok, false, `character ${at} became ${put}`);
      },
    ),
    { numRuns: 500 },
  );
});

test('mooring verify exits 0 only if all holds, and prints each check', async (t) => {
  const { receipt, trustFile } = await ownReceipt(t);
  const folder = await mkdtemp(join(tmpdir(), 'mooring-verify-'));
  t.after(() => rm(folder, { recursive: true }));
  const write = async (name: string, content: unknown) => {
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    return join(folder, name);
  };
  const run = async (...args: string[]) => {
    const lines: string[] = [];
    const terminal = {
      out: (line: string) => lines.push(line),
      err: (line: string) => lines.push(line),
      exitCode: 0,
    };
    const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
    addVerify(program, terminal);
    await program.parseAsync(['verify', ...args], { from: 'user' });
    return { code: terminal.exitCode, lines };
  };
  const trust = await write('trust.json', trustFile);
  const good = await run(await write('good.json', receipt), '--trust', trust);
  assert.deepEqual([good.code, good.lines.at(-1), good.lines.length], [0, 'verified', 7]);
  const tampered = { ...receipt, resource: receipt.resource.replace('140.50', '104.50') };
  const bad = await run(await write('bad.json', tampered), '--trust', trust);
  assert.equal(bad.code, 1);
  assert.deepEqual(
    bad.lines.filter((line) => line.startsWith('FAILED')),
    ['FAILED  commitment  the leaf commits to other content'],
  );
  assert.equal((await run(await write('none.json', 'no json'), '--trust', trust)).code, 1);
  await assert.rejects(
    run(await write('r.json', receipt), '--trust', await write('t.json', '{}')),
    /t\.json: .*logKeys/,
  );
  await assert.rejects(run(await write('r.json', receipt)), {
    code: 'commander.missingMandatoryOptionValue',
  });
});
