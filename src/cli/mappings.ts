// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import { readBytes } from '../ingest/hl7/charset.ts';
import { type Normalizer, normalizer } from '../normalize/convert.ts';
import { type FieldCoverage, probeFields } from '../normalize/guide/fields.ts';
import { type Guide, readGuide } from '../normalize/guide/guide.ts';
import { type Finding, probeGuide } from '../normalize/guide/probe.ts';
import { loadGuide, loadMappings } from '../normalize/load.ts';
import { compileProgram } from '../normalize/program.ts';
import { type LintOptions, lint } from './mappings/lint.ts';
import { type TestOptions, testSites } from './mappings/test.ts';
import { type UnmappedOptions, unmapped } from './mappings/unmapped.ts';
import type { AddCommand, Terminal } from './terminal.ts';

interface CoverageOptions {
  readonly mappings: string;
  readonly fields?: boolean;
  readonly corrected?: boolean;
}

export const addMappings: AddCommand = (program, terminal) => {
  const mappings = program
    .command('mappings')
    .description('what the mapping files say, and whether they hold');
  withFolder(mappings.command('coverage'))
    .description("try every row of HL7's Version 2 to FHIR guide, and say what comes of it")
    .option(
      '--fields',
      'list, for each message, the fields that are mapped and those that only an extension keeps',
    )
    .option('--corrected', 'list what was corrected in the guide')
    .action((options: CoverageOptions) => coverage(options, terminal));
  withFolder(mappings.command('lint'))
    .description('say everything that is wrong in mapping files, by file and line')
    .argument('[path]', 'a folder of mappings, or one file in it; default: --mappings')
    .action((path: string | undefined, options: LintOptions) => lint(path, options, terminal));
  withFolder(mappings.command('unmapped'))
    .description(
      'list codes that no mapping knows, most frequent first: those that a bridge has met, or those of files',
    )
    .argument('[file...]', 'files of messages; default: ask the bridge')
    .addOption(
      new Option('--format <format>', 'a table, or the beginning of site files')
        .choices(['table', 'site'])
        .default('table'),
    )
    .option('--sender <facility>', 'only the codes of that facility (MSH-4)')
    .option('--url <url>', 'base URL of the bridge', 'http://127.0.0.1:8080')
    .option('--data-dir <folder>', "the bridge's data folder", 'data/hospital')
    .action((files: string[], options: UnmappedOptions) => unmapped(files, options, terminal));
  withFolder(mappings.command('test'))
    .description('convert the example messages beside the site files, and compare with what is expected')
    .argument('[site...]', 'names of site files; default: all that have examples')
    .option('--zone <zone>', 'zone of times that name none, where the site file says none', 'Z')
    .action((sites: string[], options: TestOptions) => testSites(sites, options, terminal));
};

function withFolder(command: Command): Command {
  const folder = fileURLToPath(new URL('../../mappings/', import.meta.url));
  return command.option('--mappings <folder>', 'mapping files', folder);
}

async function coverage(options: CoverageOptions, terminal: Terminal): Promise<void> {
  const files = { ...(await loadMappings(options.mappings)), sites: {} };
  const guide = readGuide(await loadGuide(join(options.mappings, 'guide')));
  const bySite = new Map<string, Normalizer>();
  // A site that decided so: what the guide leaves to sites is tried both ways.
  const converting = (choices: Readonly<Record<string, string>>): Normalizer => {
    const key = JSON.stringify(choices);
    const made =
      bySite.get(key) ??
      normalizer(
        compileProgram({ ...files, choices: { ...files.choices, ...choices } }, { zone: 'Z' }),
        Buffer.from('coverage'),
      );
    bySite.set(key, made);
    return made;
  };
  const read = (message: string) => readBytes(Buffer.from(message)).message;
  if (options.fields) {
    const all = probeFields(guide, (message) => converting({}).convert(read(message)));
    for (const each of all) terminal.out(fieldsOf(each));
    return;
  }
  const findings = [
    ...probeGuide(guide, (message, choices) => converting(choices).convert(read(message)).bundle),
  ];
  print(findings, guide, options.corrected === true, terminal);
}

function print(findings: readonly Finding[], guide: Guide, corrected: boolean, terminal: Terminal): void {
  const maps = [...guide.segments.values(), ...guide.datatypes.values()];
  terminal.out('message    tried   right   not right');
  for (const name of new Set(findings.map(({ message }) => message))) {
    const own = findings.filter(({ message }) => message === name);
    terminal.out([name.padEnd(10), ...countsOf(own).map((count) => String(count).padStart(5))].join('   '));
  }
  const wrong = findings.filter(({ result }) => result !== 'right');
  for (const { message, map, row, path, result, error } of wrong)
    terminal.out(
      `${message}  ${map} row ${row}  ${path}  ${result}${error === undefined ? '' : `: ${error}`}`,
    );
  const rows = maps.reduce((sum, { rows, leftOut }) => sum + rows.length + leftOut.size, 0);
  const leftOut = maps.flatMap(({ name, leftOut }) =>
    [...leftOut].map(([row, why]) => `${name} row ${row}: ${why}`),
  );
  const wrongRows = new Set(wrong.map(({ map, row }) => `${map} ${row}`)).size;
  terminal.out(
    `${rows} rows of the guide: ${rows - leftOut.length - wrongRows} implemented, ${wrongRows} not right, ` +
      `${leftOut.length} left out (${((leftOut.length / rows) * 100).toFixed(1)} %)`,
  );
  for (const line of leftOut) terminal.out(`left out  ${line}`);
  if (corrected)
    for (const { name, corrected: corrections } of maps)
      for (const [row, why] of corrections) terminal.out(`corrected  ${name} row ${row}: ${why}`);
  if (wrong.length > 0) terminal.exitCode = 1;
}

function countsOf(findings: readonly Finding[]): number[] {
  const right = findings.filter(({ result }) => result === 'right').length;
  return [findings.length, right, findings.length - right];
}

function fieldsOf({ message, position, mapped, kept, dropped }: FieldCoverage): string {
  const list = (name: string, numbers: readonly number[]) =>
    numbers.length === 0 ? [] : [`${name} ${numbers.join(' ')}`];
  return [
    `${message} ${position}:`,
    [...list('mapped', mapped), ...list('kept in extensions', kept), ...list('left out', dropped)].join('; '),
  ].join(' ');
}
