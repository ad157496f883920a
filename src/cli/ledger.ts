// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { ChannelLine, RebuildLine } from '../consent/operator-ledger.ts';
import { askOperator, followOperator, type OperatorOptions } from './operator.ts';
import type { AddCommand, Terminal } from './terminal.ts';

interface RebuildOptions extends OperatorOptions {
  channel?: string;
}

/** `mooring ledger`: what a running bridge has taken over from the ledger, and taking it over anew. */
export const addLedger: AddCommand = (program, terminal) => {
  const ledger = program.command('ledger').description('how far a bridge has followed the ledger');
  withBridge(ledger.command('status'))
    .description('one line a channel: blocks taken in, blocks there are, and how long ago that was certain')
    .action(async (options: OperatorOptions) => {
      for (const line of (await askOperator(options, 'GET', '/ledger')) as ChannelLine[])
        terminal.out(statusOf(line));
    });
  withBridge(ledger.command('rebuild'))
    .description(
      'drop what was taken over from the ledger and take it over anew; until it is done nothing is decided for others',
    )
    .option('--channel <name>', 'this channel only')
    .action((options: RebuildOptions) => rebuild(options, terminal));
};

async function rebuild(options: RebuildOptions, terminal: Terminal): Promise<void> {
  const body = options.channel === undefined ? {} : { channel: options.channel };
  let rebuilt = false;
  for await (const line of followOperator(options, '/ledger/rebuild', body) as AsyncIterable<RebuildLine>) {
    rebuilt = 'done' in line;
    if ('failed' in line) {
      terminal.err(`${line.channel}  failed: ${line.failed}`);
      terminal.exitCode = 1;
    } else if ('done' in line) terminal.out(`${line.channel}  rebuilt`);
    else terminal.out(`${line.channel}  block ${line.position} of ${line.height}`);
  }
  // Cut off in between, it goes on in the bridge; whoever asked hasn't seen the end.
  if (!rebuilt) terminal.exitCode = 1;
}

function statusOf({ channel, position, height, ageMs }: ChannelLine): string {
  const age = ageMs === undefined ? 'not certain yet' : `certain ${Math.round(ageMs / 1000)} s ago`;
  return `${channel}  ${position} of ${height ?? '?'} blocks  ${height === undefined ? 'the ledger does not answer, ' : ''}${age}`;
}

function withBridge(command: Command): Command {
  return command
    .option('--url <url>', 'base URL of the bridge', 'http://127.0.0.1:8080')
    .option('--data-dir <folder>', "the bridge's data folder", 'data/hospital');
}
