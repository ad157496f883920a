// SPDX-License-Identifier: Apache-2.0
import { Option } from 'commander';
import type { Config } from '../config.ts';
import { openStage, type StageOptions } from '../tour/stage.ts';
import { play } from '../tour/step.ts';
import { story } from '../tour/story.ts';
import { startOrExit } from './start.ts';
import type { AddCommand } from './terminal.ts';

interface TourOptions {
  readonly url: string;
  readonly mllp: string;
  readonly dataDir: string;
  readonly ledger?: Config['ledger'];
}

export const addTour: AddCommand = (program, terminal) => {
  program
    .command('tour')
    .description('play the story against the network that `npm start` runs: each step a real request')
    .option('--url <url>', 'the hospital’s bridge', 'http://127.0.0.1:8080')
    .option('--mllp <host:port>', 'where it takes HL7v2', '127.0.0.1:2575')
    .option('--data-dir <folder>', 'data folder of the network', 'data')
    .addOption(
      new Option(
        '--ledger <kind>',
        'start a network of its own on this ledger, play the story there, and stop it',
      )
        .choices(['embedded', 'fabric'])
        .conflicts(['url', 'mllp', 'dataDir']),
    )
    .action(async (options: TourOptions) => {
      if (options.ledger === undefined) {
        terminal.exitCode = await playOn(running(options));
        return;
      }
      // It brings a whole bridge along.
      const { startOwnNetwork } = await import('../tour/theatre.ts');
      const network = await startOrExit(startOwnNetwork(options.ledger, terminal.out), terminal);
      try {
        terminal.exitCode = await playOn(network.stage);
      } finally {
        await network.stop();
      }
    });

  async function playOn(stage: StageOptions): Promise<number> {
    const wrong = await play(story(await openStage(stage)), terminal);
    terminal.out(
      wrong.length === 0 ? '\nEvery step went as expected.' : `\nNot as expected: ${wrong.join('; ')}`,
    );
    return wrong.length === 0 ? 0 : 1;
  }
};

function running({ url, mllp, dataDir }: TourOptions): StageOptions {
  const [host, port] = mllp.split(':');
  return { url, dataDir, mllp: { host: host ?? '', port: Number(port) } };
}
