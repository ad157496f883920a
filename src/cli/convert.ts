// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { printJson } from '../fhir/json.ts';
import { type Part, partsOf } from '../ingest/hl7/batch.ts';
import { BatchCount } from '../ingest/hl7/batch-count.ts';
import { Hl7Error, printLocation } from '../ingest/hl7/errors.ts';
import { readFor } from '../ingest/read.ts';
import { type Normalizer, openNormalizer } from '../normalize/normalizer.ts';
import type { AddCommand, Terminal } from './terminal.ts';

interface ConvertOptions {
  readonly explain?: boolean;
  readonly idSecret?: string;
  readonly mappings?: string;
  readonly zone: string;
}

/** Ids of a conversion at the command line protect nobody; they only have to be the same each time. A bridge has a secret of its own. */
const DEFAULT_ID_SECRET = 'mooring convert';

export const addConvert: AddCommand = (program, terminal) => {
  program
    .command('convert')
    .description('convert HL7 v2 messages to FHIR transaction bundles, one line of JSON for each message')
    .argument('<path...>', 'files, folders of .hl7 files, or - for standard input')
    .option(
      '--explain',
      'print {"bundle", "origins", "unmapped", "dropped", "issues"}: where each value came from',
    )
    .option('--id-secret <file>', 'key of the ids of resources; default: a fixed, public one')
    .option('--mappings <folder>', 'mapping files; default: the ones that come with the program')
    .option('--zone <zone>', 'zone of times that name none, such as +01:00', parseZone, 'Z')
    .action(async (paths: string[], options: ConvertOptions) => {
      const normalizer = await open(options, terminal);
      if (!normalizer) return;
      for (const file of await listFiles(paths, terminal)) {
        await convertFile(file, normalizer, options.explain === true, terminal);
      }
    });
};

async function open(options: ConvertOptions, terminal: Terminal): Promise<Normalizer | undefined> {
  try {
    return await openNormalizer({
      folder: options.mappings ?? new URL('../../mappings/', import.meta.url),
      idSecret: options.idSecret ? await readFile(options.idSecret) : Buffer.from(DEFAULT_ID_SECRET),
      defaultZone: options.zone,
    });
  } catch (error) {
    terminal.err(`mooring convert: ${(error as Error).message}`);
    terminal.exitCode = 2;
    return undefined;
  }
}

async function listFiles(paths: readonly string[], terminal: Terminal): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const found = path === '-' ? undefined : await stat(path).catch(() => null);
    if (found === null) fail(terminal, path, 'there is no such file or folder');
    else if (found?.isDirectory()) files.push(...(await messagesIn(path)));
    else files.push(path);
  }
  return files;
}

async function messagesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => /\.(hl7|txt)$/i.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** Far above any message; what is larger is an accident, and would only fill the memory. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;

/** Converts a file of any size message by message, as it is read. */
async function convertFile(
  file: string,
  normalizer: Normalizer,
  explain: boolean,
  terminal: Terminal,
): Promise<void> {
  const count = new BatchCount();
  let messages = 0;
  // A message has a number when there is a second one.
  let held: MessagePart | undefined;
  const convertHeld = async (name: string): Promise<void> => {
    if (held) convertMessage(held, name, normalizer, explain, terminal);
    held = undefined;
    // A pipe takes no more than its reader does, and what it doesn't take would pile up here.
    if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
  };
  try {
    for await (const part of partsOf(
      file === '-' ? process.stdin : createReadStream(file),
      MAX_MESSAGE_BYTES,
    )) {
      if (part.kind === 'message') {
        await convertHeld(`${file} message ${messages}`);
        messages += 1;
        held = part;
      }
      for (const problem of count.take(part)) fail(terminal, file, problem);
    }
  } catch (error) {
    if (!/^(?:open|read)$/.test((error as NodeJS.ErrnoException).syscall ?? '')) throw error;
    return fail(terminal, file, 'it cannot be read');
  }
  await convertHeld(messages > 1 ? `${file} message ${messages}` : file);
  for (const problem of count.end()) fail(terminal, file, problem);
  if (messages === 0) fail(terminal, file, 'it holds no message');
}

type MessagePart = Extract<Part, { kind: 'message' }>;

function convertMessage(
  { bytes, cut }: MessagePart,
  name: string,
  normalizer: Normalizer,
  explain: boolean,
  terminal: Terminal,
): void {
  if (cut) {
    fail(terminal, name, `it is larger than ${MAX_MESSAGE_BYTES} bytes`);
    return;
  }
  try {
    const { message } = readFor(normalizer, bytes);
    const { bundle, origins, unmapped, dropped, issues } = normalizer.convert(message, { explain });
    terminal.out(printJson(explain ? { bundle, origins, unmapped, dropped, issues } : bundle));
  } catch (error) {
    if (!(error instanceof Hl7Error)) throw error;
    const place = error.location ? ` at ${printLocation(error.location)}` : '';
    fail(terminal, name, `${error.message}${place} (HL7 error ${error.code})`);
  }
}

function fail(terminal: Terminal, name: string, why: string): void {
  terminal.err(`${name}: ${why}`);
  terminal.exitCode = 1;
}

function parseZone(text: string): string {
  if (/^(Z|[+-]\d{2}:\d{2})$/.test(text)) return text;
  throw new InvalidArgumentError('expected Z or a zone such as +01:00');
}
