// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { mooring, type Output, ROOT, run, temporaryFolder } from '../network/harness.ts';
import { fabricTools } from './support/tools.ts';

const BASE_PORT = 28_000;

const tools = fabricTools();

describe('the tour on Fabric', { skip: 'skip' in tools && tools.skip, timeout: 400_000 }, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let dir: string;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    if ('skip' in tools) return;
    folder = await temporaryFolder();
    dir = join(folder.path, 'network');
    env = {
      MOORING_FABRIC_CONNECTIONS: join(dir, 'connections'),
      FABRIC_PORT: String(BASE_PORT),
      FABRIC_TOOLS: tools.value,
    };
  });
  after(async () => {
    await fabric('down', '--clean');
    await folder?.remove();
  });

  const fabric = (...args: string[]) =>
    run(process.execPath, ['--import', 'tsx', join(ROOT, 'fabric/main.ts'), ...args, '--dir', dir], env);
  const tour = () => mooring(['tour', '--ledger', 'fabric'], env);
  const processes = async () => {
    const files = await readdir(join(dir, 'run'));
    const ids = files.filter((name) => name.endsWith('.pid')).map((name) => readFile(join(dir, 'run', name)));
    return (await Promise.all(ids)).map((id) => Number.parseInt(id.toString('utf8'), 10)).filter(isRunning);
  };

  test('plays with nothing there before, says who endorsed the checkpoint in which block, and leaves the network running', async () => {
    const played = await tour();
    passed(played);
    assert.match(played.out, /first block of channel exchange/, 'its progress is seen');
    const endorsed =
      /ok +ledger .* in block \d+ of exchange, .* endorsed by (\S+) .* and (\S+) .*, ordered by/;
    const [, one, other] = endorsed.exec(played.out) ?? [];
    assert.ok(one && other && one !== other, played.out);
    assert.match(played.out, /npm run fabric:down/);
    assert.ok((await processes()).length > 0);
  });

  test('plays again where it was played, after the network was stopped and started', async () => {
    const left = await processes();
    await fabric('down');
    assert.deepEqual(left.filter(isRunning), []);
    const up = await fabric('up');
    assert.equal(up.code, 0, up.err);
    passed(await tour());
  });

  test('leaves nothing behind when the network is stopped and forgotten', async () => {
    const left = await processes();
    assert.ok(left.length > 0);
    await fabric('down', '--clean');
    assert.deepEqual(left.filter(isRunning), []);
    assert.equal(existsSync(dir), false);
  });
});

function passed({ code, out, err }: Output): void {
  assert.equal(code, 0, `${out}\n${err}`);
  assert.match(out, /Every step went as expected/);
  assert.doesNotMatch(out, /NOT AS EXPECTED/);
  assert.equal(err, '', 'nothing else is said');
}

/** What ended and was not waited for by its parent, which may be the system's first process, does nothing any more. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' });
  return /^[^Z\s]/.test(stdout);
}
