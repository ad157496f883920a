// SPDX-License-Identifier: Apache-2.0
import { readBytes } from '../../ingest/hl7/charset.ts';
import { normalizer } from '../../normalize/convert.ts';
import { MappingError } from '../../normalize/errors.ts';
import { loadExamples, loadMappings } from '../../normalize/load.ts';
import { compileProgram } from '../../normalize/program.ts';
import { tryExample } from '../../normalize/site/examples.ts';
import type { Terminal } from '../terminal.ts';

export interface TestOptions {
  readonly mappings: string;
  readonly zone: string;
}

/** `mooring mappings test`: exit code 1 when an example isn't as expected, 2 when there is nothing to try. */
export async function testSites(
  sites: readonly string[],
  options: TestOptions,
  terminal: Terminal,
): Promise<void> {
  try {
    await trySites(sites, options, terminal);
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    terminal.err(`mooring mappings test: ${error.message}`);
    terminal.exitCode = 2;
  }
}

async function trySites(
  sites: readonly string[],
  { mappings, zone }: TestOptions,
  terminal: Terminal,
): Promise<void> {
  const files = await loadMappings(mappings);
  const examples = await loadExamples(mappings);
  const unknown = sites.find((site) => files.sites[site] === undefined);
  if (unknown !== undefined) throw new MappingError(`there is no site file ${unknown}`);
  const program = compileProgram(files, { zone });
  const trying = {
    program,
    normalizer: normalizer(program, Buffer.from('mooring mappings test')),
    read: (bytes: Uint8Array) => readBytes(bytes, { overrides: program.charsets }).message,
  };
  const asked = examples.filter(({ site }) => sites.length === 0 || sites.includes(site));
  if (asked.length === 0) throw new MappingError('there are no example messages');
  let wrong = 0;
  for (const example of asked) {
    const { site, name, failed } = tryExample(example, trying);
    terminal.out(`${site}/${name}  ${failed.length === 0 ? 'as expected' : 'NOT as expected'}`);
    for (const line of failed) terminal.out(`    ${line}`);
    if (failed.length > 0) wrong += 1;
  }
  terminal.out(`${asked.length} messages, ${wrong === 0 ? 'all' : asked.length - wrong} as expected`);
  if (wrong > 0) terminal.exitCode = 1;
}
