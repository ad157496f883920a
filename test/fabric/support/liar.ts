// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { FabricNetwork } from '../../../fabric/native.ts';
import { cleanEnvironment } from '../../../fabric/run/command.ts';
import { answers } from '../../../fabric/run/wait.ts';

const PROGRAM = 'test/fabric/support/lying-chaincode';
const START_MS = 20_000;

/** Puts another program in the place of an organization's contract while `work` is done, and the contract back after it. */
export async function withLiar(
  network: FabricNetwork,
  organization: string,
  lie: 'changes' | 'refuses' | 'impersonates',
  work: () => Promise<void>,
): Promise<void> {
  const name = `${organization}-chaincode`;
  const node = network.nodes().find((each) => each.name === name);
  if (!node) throw new Error(`there is no ${name}`);
  const { file, args, cwd, env } = node.program;
  const instead = args.map((arg) => arg.replace(/chaincode\/server(?=\.[jt]s$)/, PROGRAM));
  await network.stop(name);
  const liar = spawn(file, [...instead, '--lie', lie], {
    cwd,
    env: cleanEnvironment(env),
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = once(liar, 'exit');
  try {
    const [host = '', port] = node.address.split(':');
    const serves = { bind: host, host, port: Number(port) };
    for (const end = performance.now() + START_MS; !(await answers(serves)); await pause(50))
      if (liar.exitCode !== null || performance.now() > end) throw new Error('the liar does not start');
    await work();
  } finally {
    liar.kill();
    await ended;
    await network.start(name);
    await network.ready();
  }
}
