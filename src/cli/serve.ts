// SPDX-License-Identifier: Apache-2.0
import { readConfig } from '../config.ts';
import { openLogger } from '../operate/log.ts';
import { startOrExit } from './start.ts';
import type { AddCommand, Terminal } from './terminal.ts';

// The bridge is most of the program, and is loaded by what runs it only: the other subcommands shouldn't wait for it.

export const addServe: AddCommand = (program, terminal) => {
  program
    .command('serve')
    .description('run a bridge until it is told to stop')
    .option('--config <file>', 'YAML file of settings; MOORING_… variables win over it')
    .option('--demo', 'run a hospital and a clinic in one process, and feed the hospital when it is new')
    .action(async (options: { config?: string; demo?: boolean }) => {
      const serving = options.demo ? serveDemo(options.config, terminal) : serveOne(options.config, terminal);
      const close = await startOrExit(serving, terminal);
      await untilStopped();
      await close();
    });
};

async function serveOne(file: string | undefined, terminal: Terminal): Promise<() => Promise<void>> {
  const started = performance.now();
  const config = readConfig(process.env, file);
  const [{ openBridge }, { openNetwork }] = await Promise.all([
    import('../bridge.ts'),
    import('../network.ts'),
  ]);
  const network = await openNetwork(config);
  const bridge = await openBridge(config, network, openLogger(config.logLevel));
  terminal.out(`${config.organization}: FHIR ${bridge.baseUrl}/fhir  MLLP ${config.host}:${bridge.mllpPort}`);
  terminal.out(`ready in ${((performance.now() - started) / 1000).toFixed(1)} s; stop with Ctrl-C`);
  return async () => {
    await bridge.close();
    await network.close();
  };
}

async function serveDemo(file: string | undefined, terminal: Terminal): Promise<() => Promise<void>> {
  // The newcomer reads the terminal: without a level of their own, only what goes wrong is logged.
  const settings = readConfig({ MOORING_LOG_LEVEL: 'warn', ...process.env }, file);
  const { demoFolder, openDemo } = await import('../demo.ts');
  const config = { ...settings, dataDir: demoFolder(settings) };
  const demo = await openDemo(config, openLogger(config.logLevel), terminal.out);
  return () => demo.close();
}

/** A second signal ends the process at once: nothing acknowledged is lost by that. */
async function untilStopped(): Promise<void> {
  await new Promise<void>((stop) => {
    process.once('SIGINT', () => stop());
    process.once('SIGTERM', () => stop());
  });
}
