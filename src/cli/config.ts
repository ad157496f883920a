// SPDX-License-Identifier: Apache-2.0
import { describeSettings, readConfig } from '../config.ts';
import type { AddCommand } from './terminal.ts';

export const addConfig: AddCommand = (program, terminal) => {
  program
    .command('config')
    .description('print every setting, its value here and its environment variable')
    .option('--config <file>', 'YAML file of settings')
    .action((options: { config?: string }) => {
      for (const line of describeSettings(readConfig(process.env, options.config))) terminal.out(line);
    });
};
