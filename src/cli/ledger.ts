// SPDX-License-Identifier: Apache-2.0
import type { ChannelLine, RebuildLine } from '../consent/operator-ledger.ts';
import { askOperator, followOperator, type OperatorOptions, withBridge } from './operator.ts';
import type { AddCommand, Terminal } from './terminal.ts';

interface RebuildOptions extends OperatorOptions {
  channel?: string;
  otherLedger?: true;
}

/** What is wrong and what to do, by the code of the problem; docs/fabric.md says more. */
const ADVICE: Readonly<Record<string, string>> = {
  LEDGER_REPLACED:
    'the channel has other blocks than before: it is another network under the same name. Nothing is decided by it or anchored on it. ' +
    'Lead the bridge to the one from before, or, if that is gone for good, take this one: mooring ledger rebuild --other-ledger',
  LEDGER_BEHIND:
    'the channel lacks blocks that were there before. Nothing is decided by it or anchored on it. Wait for the peers to catch up; ' +
    'if those blocks are gone for good: mooring ledger rebuild --other-ledger',
  LEDGER_DISAGREES:
    'the channel has checkpoints of this organization that the log of this data folder does not extend: they are of another log. ' +
    'Nothing is anchored. Start with the data folder, or its backup, that the organization used on this network',
};

/** `mooring ledger`: what a running bridge has taken over from the ledger, and taking it over anew. */
export const addLedger: AddCommand = (program, terminal) => {
  const ledger = program.command('ledger').description('how far a bridge has followed the ledger');
  withBridge(ledger.command('status'))
    .description('one line a channel: blocks taken in, blocks there are, and how long ago that was certain')
    .action(async (options: OperatorOptions) => {
      for (const line of (await askOperator(options, 'GET', '/ledger')) as ChannelLine[])
        for (const text of [statusOf(line), ...adviceOn(line)]) terminal.out(text);
    });
  withBridge(ledger.command('rebuild'))
    .description(
      'drop what was taken over from the ledger and take it over anew; until it is done nothing is decided for others',
    )
    .option('--channel <name>', 'this channel only')
    .option(
      '--other-ledger',
      'take the channel’s ledger also if it is another than before, which is forgotten',
    )
    .action((options: RebuildOptions) => rebuild(options, terminal));
};

async function rebuild(options: RebuildOptions, terminal: Terminal): Promise<void> {
  const { channel, otherLedger } = options;
  const body = { ...(channel === undefined ? {} : { channel }), ...(otherLedger ? { otherLedger } : {}) };
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

function statusOf({ channel, position, height, ageMs, problem = '' }: ChannelLine): string {
  const age = ageMs === undefined ? 'not certain yet' : `certain ${Math.round(ageMs / 1000)} s ago`;
  const silent = height === undefined && ADVICE[problem] === undefined ? 'the ledger does not answer, ' : '';
  return `${channel}  ${position} of ${height ?? '?'} blocks  ${silent}${age}`;
}

function adviceOn({ channel, problem, anchoringProblem }: ChannelLine): string[] {
  const codes = new Set([problem, anchoringProblem].flatMap((code) => code ?? []));
  return [...codes].flatMap((code) => (ADVICE[code] ? [`${channel}  ${code}: ${ADVICE[code]}`] : []));
}
