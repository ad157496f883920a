// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { messagesOf } from '../../ingest/hl7/batch.ts';
import { Hl7Error } from '../../ingest/hl7/errors.ts';
import type { CountedCode } from '../../ingest/inbox/unknown-codes.ts';
import { readFor } from '../../ingest/read.ts';
import { openNormalizer } from '../../normalize/normalizer.ts';
import { skeletons } from '../../normalize/site/skeleton.ts';
import type { UnknownCode } from '../../normalize/unknown.ts';
import { askOperator, type OperatorOptions } from '../operator.ts';
import type { Terminal } from '../terminal.ts';

export interface UnmappedOptions extends OperatorOptions {
  readonly mappings: string;
  readonly format: 'table' | 'site';
  readonly sender?: string;
}

type Counted = UnknownCode & Pick<CountedCode, 'messages'>;

/** `mooring mappings unmapped`: of a running bridge, or of the messages in files. */
export async function unmapped(
  files: readonly string[],
  options: UnmappedOptions,
  terminal: Terminal,
): Promise<void> {
  const all = files.length === 0 ? await ofBridge(options) : await ofFiles(files, options, terminal);
  const codes = all.filter(({ sender }) => options.sender === undefined || sender === options.sender);
  const lines = options.format === 'site' ? skeletons(codes) : tableOf(codes);
  for (const line of codes.length === 0 ? ['no unmapped codes'] : lines) terminal.out(line);
}

async function ofBridge(options: OperatorOptions): Promise<Counted[]> {
  return ((await askOperator(options, 'GET', '/unmapped-codes')) as { codes: CountedCode[] }).codes;
}

/** Messages that can't be converted are counted, and passed over. */
async function ofFiles(
  files: readonly string[],
  { mappings }: UnmappedOptions,
  terminal: Terminal,
): Promise<Counted[]> {
  const normalizer = await openNormalizer({
    folder: mappings,
    idSecret: Buffer.from('unmapped'),
    defaultZone: 'Z',
  });
  const counts = new Map<string, { code: UnknownCode; messages: number }>();
  let failed = 0;
  for (const file of files) {
    for await (const bytes of messagesOf(createReadStream(file))) {
      try {
        const { unknownCodes } = normalizer.convert(readFor(normalizer, bytes).message);
        for (const code of unknownCodes) {
          const key = JSON.stringify({ ...code, display: '' });
          counts.set(key, { code, messages: (counts.get(key)?.messages ?? 0) + 1 });
        }
      } catch (error) {
        if (!(error instanceof Hl7Error)) throw error;
        failed += 1;
      }
    }
  }
  if (failed > 0) {
    terminal.err(`${failed} messages could not be converted (mooring convert says why)`);
    terminal.exitCode = 1;
  }
  const counted = [...counts.values()].map(({ code, messages }) => ({ ...code, messages }));
  return counted.sort((one, other) => other.messages - one.messages);
}

function tableOf(codes: readonly Counted[]): string[] {
  const rows = codes.map(({ messages, sender, field, system, code, display = '', map }) => [
    String(messages),
    sender,
    field,
    system || '-',
    code,
    display,
    map === undefined ? 'coding system not known' : `not in codes/${map}.yaml`,
  ]);
  const all = [['messages', 'sender', 'field', 'system', 'code', 'called', 'why'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const padded = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column]!));
  return all.map((row) => padded(row).join('  ').trimEnd());
}
