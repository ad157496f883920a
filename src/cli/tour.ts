// SPDX-License-Identifier: Apache-2.0
import { openStage } from '../tour/stage.ts';
import { play } from '../tour/step.ts';
import { story } from '../tour/story.ts';
import type { AddCommand } from './terminal.ts';

export const addTour: AddCommand = (program, terminal) => {
  program
    .command('tour')
    .description('play the story against the network that `npm start` runs: each step a real request')
    .option('--url <url>', 'the hospital’s bridge', 'http://127.0.0.1:8080')
    .option('--mllp <host:port>', 'where it takes HL7v2', '127.0.0.1:2575')
    .option('--data-dir <folder>', 'data folder of the network', 'data')
    .action(async (options: { url: string; mllp: string; dataDir: string }) => {
      const [host, port] = options.mllp.split(':');
      const stage = await openStage({ ...options, mllp: { host: host ?? '', port: Number(port) } });
      const wrong = await play(story(stage), terminal);
      terminal.out(
        wrong.length === 0 ? '\nEvery step went as expected.' : `\nNot as expected: ${wrong.join('; ')}`,
      );
      terminal.exitCode = wrong.length === 0 ? 0 : 1;
    });
};
