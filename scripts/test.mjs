// SPDX-License-Identifier: Apache-2.0
// Node 20's runner neither expands globs nor finds .ts files by itself, so the list is made here, and bundled by build.mjs.
// Usage: npm test [-- path-part…]   runs only the test files whose path contains one of the parts.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { build, LATE_TIERING } from './build.mjs';

/** These take the longest, in this order; begun first, none is left alone at the end. */
const LONG = [
  ...['fabric/faults', 'fabric/members', 'store/embedded', 'network/crash', 'fabric/belonging'],
  ...['network/promises', 'fabric/tour', 'fabric/byzantine', 'normalize/validity', 'fabric/adapter-faults'],
  ...['fabric/ledger', 'fabric/network/network', 'explain/page', 'network/postgres', 'anchor/http'],
].map((name) => join('test', `${name}.test.ts`));
const rank = (name) => (LONG.includes(name) ? LONG.indexOf(name) : LONG.length);

const wanted = process.argv.slice(2);
const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => join('test', name))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .sort()
  .sort((a, b) => rank(a) - rank(b));
if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(' ')}`);
  process.exit(2);
}

const env = { ...process.env };
const reasons = [];
if (files.some((name) => name.startsWith(join('test', 'fabric') + sep))) reasons.push(findFabric(env));
if (files.includes(join('test', 'normalize', 'validity.test.ts'))) reasons.push(findHapi(env));
const skipped = reasons.filter((reason) => reason !== undefined);
for (const reason of skipped) console.error(`to be skipped: ${reason}`);
const built = await build(files);
env.MOORING_TEST_BUILT = built;
process.on('exit', () => rmSync(built, { recursive: true, force: true }));
const programs = files.map((name) => join(built, name.replace(/ts$/, 'js')));
const options = [LATE_TIERING, '--enable-source-maps', '--test', '--test-concurrency=2'];
const run = spawn(process.execPath, [...options, ...programs], { stdio: 'inherit', env });
// Ctrl-C reaches the tests, too; this process stays to clean up after them.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => run.kill());
run.on('exit', (code) => {
  for (const reason of skipped) console.error(`skipped: ${reason}`);
  process.exit(code ?? 1);
});

/** Fabric's programs, built before any test wants them, so that no two build them at once. Answers why there are none. */
function findFabric(env) {
  if (env.MOORING_TEST_FABRIC) return undefined;
  if (!env.FABRIC_TOOLS && spawnSync('go', ['version']).status !== 0)
    return 'tests on a Fabric network: there is neither Go, to build it, nor MOORING_TEST_FABRIC, a folder with its programs';
  const found = spawnSync(process.execPath, ['--import', 'tsx', 'fabric/main.ts', 'tools'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (found.status !== 0) return 'tests on a Fabric network: Hyperledger Fabric could not be built';
  env.MOORING_TEST_FABRIC = found.stdout.trim();
  return undefined;
}

/** HAPI's validator, as test/validator/pom.xml pins it. Answers why there is none. */
function findHapi(env) {
  if (env.MOORING_TEST_HAPI) return undefined;
  const maven = (...more) =>
    spawnSync('mvn', ['-q', '-B', ...more, '-f', 'test/validator'], { encoding: 'utf8' });
  if (spawnSync('javac', ['-version']).status !== 0 || maven('-version').status !== 0)
    return "HAPI's validator: building it takes a JDK of 17 or newer and Maven, and here is none";
  // Offline first: what is in Maven's repository needs no network, and Maven would ask all the same.
  let built = maven('-o');
  if (built.status !== 0) {
    console.error("fetching HAPI's validator: some 150 MB the first time");
    built = maven();
  }
  if (built.status !== 0) {
    console.error(built.stdout.slice(-2_000));
    return "HAPI's validator could not be built";
  }
  env.MOORING_TEST_HAPI = resolve('.cache/validator');
  return undefined;
}
