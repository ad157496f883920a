// SPDX-License-Identifier: Apache-2.0
// Node 20's runner neither expands globs nor finds .ts files by itself, so the list is made here.
// Usage: npm test [-- path-part…]   runs only the test files whose path contains one of the parts.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';

const wanted = process.argv.slice(2);
const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => join('test', name))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .sort();
if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(' ')}`);
  process.exit(2);
}

const env = { ...process.env };
const withoutFabric = files.some((name) => name.startsWith(join('test', 'fabric') + sep))
  ? findFabric(env)
  : undefined;
if (withoutFabric) console.error(`${withoutFabric}: the tests on a Fabric network will be skipped`);
const run = spawn(process.execPath, ['--import', 'tsx', '--test', '--test-concurrency=2', ...files], {
  stdio: 'inherit',
  env,
});
run.on('exit', (code) => {
  if (withoutFabric) console.error(`${withoutFabric}: the tests on a Fabric network were skipped`);
  process.exit(code ?? 1);
});

/** Fabric's programs, built before any test wants them, so that no two build them at once. Answers why there are none. */
function findFabric(env) {
  if (env.MOORING_TEST_FABRIC) return undefined;
  if (!env.FABRIC_TOOLS && spawnSync('go', ['version']).status !== 0)
    return 'There is neither Go, to build Hyperledger Fabric, nor MOORING_TEST_FABRIC, a folder with its programs';
  const found = spawnSync(process.execPath, ['--import', 'tsx', 'fabric/main.ts', 'tools'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (found.status !== 0) return 'Hyperledger Fabric could not be built';
  env.MOORING_TEST_FABRIC = found.stdout.trim();
  return undefined;
}
