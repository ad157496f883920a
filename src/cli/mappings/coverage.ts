// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { convertAs } from '../../normalize/guide/choosing.ts';
import { type FieldCoverage, probeFields } from '../../normalize/guide/fields.ts';
import { type Guide, readGuide } from '../../normalize/guide/guide.ts';
import { type Finding, probeGuide } from '../../normalize/guide/probe.ts';
import { loadGuide, loadMappings } from '../../normalize/load.ts';
import type { Terminal } from '../terminal.ts';

export interface CoverageOptions {
  readonly mappings: string;
  readonly fields?: boolean;
  readonly corrected?: boolean;
}

/** Tries every row of the guide; with `fields`, every field of its segments. */
export async function coverage(options: CoverageOptions, terminal: Terminal): Promise<void> {
  const convert = convertAs(await loadMappings(options.mappings));
  const guide = readGuide(await loadGuide(join(options.mappings, 'guide')));
  if (options.fields) {
    for (const each of probeFields(guide, (message) => convert(message, {}))) terminal.out(fieldsOf(each));
    return;
  }
  const findings = [...probeGuide(guide, (message, choices) => convert(message, choices).bundle)];
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
