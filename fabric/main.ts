// SPDX-License-Identifier: Apache-2.0
import { readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { readDescriptionFile, VERSION } from './description.ts';
import { type FabricNetwork, openFabricNetwork } from './native.ts';
import { renderCompose } from './render/compose.ts';
import { logsFolder, stopLeftRunning } from './run/stop.ts';
import { findTools } from './tools.ts';

const ROOT = resolve(import.meta.dirname, '..');
const started = performance.now();

interface Options {
  readonly description: string;
  readonly dir: string;
  readonly port?: number;
}

const program = new Command('fabric').description(
  'A Hyperledger Fabric network of processes on this machine.',
);

command('up', 'start the network, or what of it is not running').action(async (options: Options) => {
  const { description, connections, dir } = await open(options);
  say('ready');
  for (const [channel, members] of Object.entries(description.channels))
    console.log(`channel ${channel}: ${members.join(', ')}`);
  console.log(`connection files: ${connections}\nlogs: ${logsFolder(dir)}\nnpm run fabric:down stops it`);
});

command('down', 'stop the network; what it keeps stays')
  .option('--clean', 'forget everything: blocks, keys, packages')
  .action(async ({ dir, clean }: Options & { clean?: boolean }) => {
    say(`stopped ${await stopLeftRunning(resolve(dir))} processes`);
    if (!clean) return;
    await rm(dir, { recursive: true, force: true });
    say(`forgot ${dir}`);
  });

command('upgrade', 'agree on another version of the contract, and run it; the state stays')
  .requiredOption('--version <version>', 'name of the new version', readVersion)
  .action(async (options: Options & { version: string }) => {
    const network = await open(options);
    await network.upgrade(options.version);
    say(`the contract is ${options.version}`);
  });

program
  .command('compose')
  .description('write docker-compose.yaml anew from the description')
  .action(async () => {
    const file = resolve(ROOT, 'docker-compose.yaml');
    const description = await readDescriptionFile(resolve(ROOT, 'fabric/network.yaml'));
    const base = await readFile(resolve(ROOT, 'fabric/compose-base.yaml'), 'utf8');
    await writeFile(file, renderCompose(base, description));
    say(`wrote ${file}`);
  });

program
  .command('tools')
  .description("build Fabric's programs, or find them; prints their folder")
  .action(async () => {
    const { bin } = await findTools(process.env['FABRIC_TOOLS'], (line) => console.error(line));
    console.log(resolve(bin, '..'));
  });

await program.parseAsync().catch((error: unknown) => {
  console.error(`fabric: ${(error as Error).message}`);
  process.exitCode = 1;
});

function command(name: string, about: string): Command {
  return program
    .command(name)
    .description(about)
    .option('--description <file>', 'the organizations and their nodes', resolve(ROOT, 'fabric/network.yaml'))
    .option('--dir <folder>', 'what the network keeps', resolve(ROOT, '.fabric'))
    .addOption(
      new Option('--port <number>', 'first port, instead of the one in the description')
        .env('FABRIC_PORT')
        .argParser(readPort),
    );
}

async function open({ description: file, dir, port }: Options): Promise<FabricNetwork> {
  const described = await readDescriptionFile(file);
  const description = port === undefined ? described : { ...described, basePort: port };
  const tools = await findTools(process.env['FABRIC_TOOLS'], say);
  return openFabricNetwork({ description, dir, tools, say, detached: true });
}

function say(line: string): void {
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}`);
}

function readVersion(text: string): string {
  if (VERSION.test(text)) return text;
  throw new InvalidArgumentError('expected letters, digits, and - . _ + between them.');
}

function readPort(text: string): number {
  if (/^\d{4,5}$/.test(text) && Number(text) <= 65_000) return Number(text);
  throw new InvalidArgumentError('expected a number from 1000 to 65000.');
}
