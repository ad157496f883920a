// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { mooring, ROOT, run } from './network/harness.ts';

const CONFIG = 'src/cli/config.ts';
const SAYS = 'print every setting';

/** What an image has of a checkout, in a folder of its own. */
async function checkout(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'mooring-start-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const name of ['bin', 'scripts', 'src', 'chaincode', 'package.json', 'tsconfig.json'])
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const cache = join(folder, '.cache');
  return {
    cache,
    path: (name: string) => join(folder, name),
    bundles: () => readdir(cache),
    start: async (...args: string[]) => {
      const { code, out, err } = await run(process.execPath, [join(folder, 'bin/mooring'), ...args]);
      assert.equal(err, '');
      assert.equal(code, 0);
      return out;
    },
  };
}

test('a start runs the sources as they are, from a bundle that the first one has made of them', async (t) => {
  const { path, bundles, start, cache } = await checkout(t);
  assert.match(await start('--version'), /^\d+\.\d+\.\d+\n$/);
  const [first, ...others] = await bundles();
  assert.match(first!, /^mooring-/);
  assert.deepEqual(others, []);
  const { ino } = await stat(join(cache, first!));
  assert.match(await start('config', '--help'), new RegExp(SAYS));
  assert.deepEqual(await bundles(), [first]);
  assert.equal((await stat(join(cache, first!))).ino, ino, 'it is not made again');
  // Neither the length nor the time of the file tells that it has changed.
  const [text, { atime, mtime }] = await Promise.all([readFile(path(CONFIG), 'utf8'), stat(path(CONFIG))]);
  await writeFile(path(CONFIG), text.replace(SAYS, SAYS.toUpperCase()));
  await utimes(path(CONFIG), atime, mtime);
  const before = new Date(Date.now() - 2 * 3_600_000);
  await utimes(join(cache, first!), before, before);
  assert.match(await start('config', '--help'), new RegExp(SAYS.toUpperCase()));
  const after = await bundles();
  assert.equal(after.length, 1, 'the old bundle is gone');
  assert.notEqual(after[0], first);
});

test('many first starts at once all run, and leave one bundle', async (t) => {
  const { bundles, start } = await checkout(t);
  await Promise.all([start('--version'), start('--version'), start('--version')]);
  assert.equal((await bundles()).length, 1);
});

test('where no bundle can be written, the sources run as they are', async (t) => {
  const { cache, start } = await checkout(t);
  await writeFile(cache, 'no folder');
  assert.match(await start('--version'), /^\d+\.\d+\.\d+\n$/);
  assert.match(await start('config', '--help'), new RegExp(SAYS));
});

test('every subcommand that the help lists is there under its name', async () => {
  const { out } = await mooring(['--help']);
  const names = [...out.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name!);
  assert.ok(names.length > 10);
  const helps = await Promise.all(names.map((name) => mooring([name, '--help'])));
  for (const [index, name] of names.entries())
    assert.match(
      helps[index]!.out,
      name === 'help' ? /^Usage: mooring / : new RegExp(`^Usage: mooring ${name} `),
    );
  const misspelt = await mooring(['convrt']);
  assert.equal(misspelt.code, 2);
  assert.match(misspelt.err, /Did you mean convert\?/);
});
