// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

const ROOT = resolve(import.meta.dirname, '..');
const IO =
  /^(node:(fs|net|tls|http|https|child_process|dgram|worker_threads)(\/.*)?|express|pg|kysely|@electric-sql\/.*|pino|@hyperledger\/.*)$/;

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

/** What a file needs at run time: `import type` brings nothing in. */
function imports(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(/^(?:import|export)\s+(?!type\b)[^'";]*?(?:from\s+)?'([^']+)'/gms)].map(
    (found) => {
      const name = found[1]!;
      return name.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), name)) : name;
    },
  );
}

/** Everything a file brings in, through any number of other files of ours. */
function reach(file: string, seen = new Set<string>()): Set<string> {
  for (const name of imports(file)) {
    if (seen.has(name)) continue;
    seen.add(name);
    if (name.endsWith('.ts')) reach(name, seen);
  }
  return seen;
}

const PURE = ['src/fhir', 'src/normalize', 'chaincode/src']
  .flatMap(sources)
  .concat([
    'src/anchor/merkle.ts',
    'src/anchor/commitment.ts',
    'src/anchor/verify-receipt.ts',
    'src/audit/event.ts',
  ]);
/** The one place of each pure stage that reads its files, when the stage is opened. */
const READS_AT_START = new Set([
  'src/normalize/load.ts',
  'src/normalize/normalizer.ts',
  'src/fhir/schema.ts',
]);

test('what decides, converts and proves does no input or output', () => {
  for (const file of PURE.filter((file) => !READS_AT_START.has(file))) {
    const io = imports(file).filter((name) => IO.test(name));
    assert.deepEqual(io, [], `${file} imports ${io}`);
  }
});

test('the offline verifier reaches no network, database or file', () => {
  const io = [...reach('src/anchor/verify-receipt.ts')].filter((name) => IO.test(name));
  assert.deepEqual(io, []);
});

test('the contract knows nothing of the bridge', () => {
  for (const file of sources('chaincode/src')) {
    const outside = imports(file).filter((name) => name.startsWith('src/'));
    assert.deepEqual(outside, [], `${file} imports ${outside}`);
  }
});

test('only the composition root and the command line name a database, keyring or ledger adapter', () => {
  const adapter =
    /^src\/(store\/sql\/(database|store|embedded|postgres|pglite)|store\/keys\/file|ledger\/embedded\/channel)[^/]*\.ts$/;
  const allowed = /^src\/(bridge|network)\.ts$|^src\/cli\/|^src\/store\/|^src\/ledger\//;
  for (const file of sources('src').filter((file) => !allowed.test(file))) {
    const named = imports(file).filter(
      (name) => adapter.test(name) && !name.endsWith('store/sql/database.ts'),
    );
    assert.deepEqual(named, [], `${file} imports ${named}`);
  }
});

test('a command line loads the subcommand that it names, and waits for no other', () => {
  const waitedFor = [...reach('src/cli/index.ts')];
  assert.deepEqual(waitedFor.sort(), ['commander', 'node:fs']);
  // A bridge is most of the program, and all subcommands but those that run one are done in a moment.
  for (const file of sources('src/cli')) assert.ok(!reach(file).has('src/bridge.ts'), file);
});

test('all that the program is made of is what a bundle of it is known by', () => {
  const outside = sources('src')
    .flatMap(imports)
    .filter((name) => name.endsWith('.ts') && !/^(src|chaincode\/src)\//.test(name));
  assert.deepEqual(outside, []);
});
