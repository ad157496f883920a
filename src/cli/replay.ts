// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Letter } from '../ingest/inbox/letters.ts';
import { askOperator, type OperatorOptions } from './operator.ts';
import type { AddCommand, Terminal } from './terminal.ts';

interface Options extends OperatorOptions {
  show?: boolean;
  with?: string;
  all?: boolean;
  replayed?: boolean;
}

const PAGE = 500;

/** `mooring replay`: the dead letters of a running bridge, listed, shown, and processed anew. */
export const addReplay: AddCommand = (program, terminal) => {
  program
    .command('replay')
    .description('list dead letters; show one, or process it anew, as it came or corrected')
    .argument('[id]', 'id of a dead letter; without it they are listed')
    .option('--show', 'print the message instead of replaying it')
    .option('--with <file>', 'replay this corrected message in its place (- for standard input)')
    .option('--all', 'replay all that have not been replayed, in the order in which they came')
    .option('--replayed', 'list those that have been replayed as well')
    .option('--url <url>', 'base URL of the bridge', 'http://127.0.0.1:8080')
    .option('--data-dir <folder>', "the bridge's data folder", 'data/hospital')
    .action(async (id: string | undefined, options: Options) => {
      const wrong = misuse(id, options);
      if (wrong) {
        terminal.err(`mooring replay: ${wrong}`);
        terminal.exitCode = 2;
      } else if (id === undefined && options.all) await replayAll(options, terminal);
      else if (id === undefined) await list(options, terminal);
      else if (options.show) await show(id, options, terminal);
      else await replay(id, options, terminal);
    });
};

function misuse(id: string | undefined, options: Options): string | undefined {
  if (id !== undefined && options.all) return '--all takes no id';
  if (id === undefined && (options.show || options.with))
    return '--show and --with need the id of a dead letter';
  if (options.show && options.with) return '--show and --with exclude each other';
  return undefined;
}

async function list(options: Options, terminal: Terminal): Promise<void> {
  let none = true;
  for await (const letter of deadLetters(options, options.replayed ?? false)) {
    none = false;
    terminal.out(lineOf(letter));
  }
  if (none) terminal.out('no dead letters');
}

async function show(id: string, options: Options, terminal: Terminal): Promise<void> {
  const { message } = (await askOperator(options, 'GET', pathOf(id))) as { message: string };
  terminal.out(message.replace(/\r\n?/g, '\n').trimEnd());
}

async function replay(id: string, options: Options, terminal: Terminal): Promise<void> {
  const corrected = options.with === undefined ? undefined : await readMessage(options.with);
  const body = corrected ? { base64: corrected.toString('base64') } : {};
  const letter = (await askOperator(options, 'POST', `${pathOf(id)}/replay`, body)) as Letter;
  terminal.out(`${id}  ${letter.status}  as ${letter.id}${reasonOf(letter)}`);
  if (letter.status === 'dead') terminal.exitCode = 1;
}

const readMessage = (file: string): Promise<Buffer> =>
  file === '-' ? buffer(process.stdin) : readFile(file);

async function replayAll(options: Options, terminal: Terminal): Promise<void> {
  const letters: Letter[] = [];
  for await (const letter of deadLetters(options, false)) letters.push(letter);
  for (const { id } of letters) {
    try {
      await replay(id, options, terminal);
    } catch (error) {
      terminal.err(`${id}  ${(error as Error).message}`);
      terminal.exitCode = 1;
    }
  }
}

async function* deadLetters(options: OperatorOptions, replayed: boolean): AsyncGenerator<Letter> {
  let after = '0';
  for (;;) {
    const path = `/dead-letters?after=${after}&limit=${PAGE}&replayed=${replayed}`;
    const page = ((await askOperator(options, 'GET', path)) as { deadLetters: Letter[] }).deadLetters;
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)!.arrival;
  }
}

function lineOf(letter: Letter): string {
  const link = letter.replayedBy ? `  replayed by ${letter.replayedBy}` : '';
  return `${letter.id}  ${letter.receivedAt}  ${letter.sizeBytes} bytes${reasonOf(letter)}${link}`;
}

function reasonOf({ failure }: Letter): string {
  if (!failure) return '';
  return `  error ${failure.code}${failure.location ? ` at ${failure.location}` : ''}`;
}

const pathOf = (id: string): string => `/dead-letters/${encodeURIComponent(id)}`;
