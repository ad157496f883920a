// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import type { CoverageOptions } from './mappings/coverage.ts';
import type { LintOptions } from './mappings/lint.ts';
import type { TestOptions } from './mappings/test.ts';
import type { UnmappedOptions } from './mappings/unmapped.ts';
import { withBridge } from './operator.ts';
import type { AddCommand } from './terminal.ts';

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
    .action(async (options: CoverageOptions) => {
      const { coverage } = await import('./mappings/coverage.ts');
      await coverage(options, terminal);
    });
  withFolder(mappings.command('lint'))
    .description('say everything that is wrong in mapping files, by file and line')
    .argument('[path]', 'a folder of mappings, or one file in it; default: --mappings')
    .action(async (path: string | undefined, options: LintOptions) => {
      const { lint } = await import('./mappings/lint.ts');
      await lint(path, options, terminal);
    });
  withBridge(withFolder(mappings.command('unmapped')))
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
    .action(async (files: string[], options: UnmappedOptions) => {
      const { unmapped } = await import('./mappings/unmapped.ts');
      await unmapped(files, options, terminal);
    });
  withFolder(mappings.command('test'))
    .description('convert the example messages beside the site files, and compare with what is expected')
    .argument('[site...]', 'names of site files; default: all that have examples')
    .option('--zone <zone>', 'zone of times that name none, where the site file says none', 'Z')
    .action(async (sites: string[], options: TestOptions) => {
      const { testSites } = await import('./mappings/test.ts');
      await testSites(sites, options, terminal);
    });
};

function withFolder(command: Command): Command {
  const folder = fileURLToPath(new URL('../../mappings/', import.meta.url));
  return command.option('--mappings <folder>', 'mapping files', folder);
}
