// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { lintMappings } from '../../normalize/lint/lint.ts';
import { loadTexts } from '../../normalize/load.ts';
import type { Terminal } from '../terminal.ts';

export interface LintOptions {
  readonly mappings: string;
}

/** `mooring mappings lint`: exit code 1 when something is wrong, 2 when there is nothing to look at. */
export async function lint(
  path: string | undefined,
  options: LintOptions,
  terminal: Terminal,
): Promise<void> {
  const asked = await placeOf(path, options.mappings);
  if (!asked) {
    terminal.err(`mooring mappings lint: ${path}: there is no such folder, and no such mapping file`);
    terminal.exitCode = 2;
    return;
  }
  const { root, only } = asked;
  const { texts, fields } = await loadTexts(root);
  const problems = lintMappings(texts, fields).filter(({ file }) => only === undefined || file === only);
  const said = (file: string) => join(path === undefined ? '' : relative('', root), file);
  for (const { file, line, message } of problems)
    terminal.out(file === '' ? message : `${said(file)}:${line}: ${message}`);
  terminal.out(
    problems.length === 0
      ? `${only === undefined ? `${texts.size} files` : only}: nothing is wrong`
      : `${problems.length} wrong`,
  );
  if (problems.length > 0) terminal.exitCode = 1;
}

/** The folder of mappings that a path is, or is in: a file is looked at together with the others that it needs. */
async function placeOf(
  path: string | undefined,
  mappings: string,
): Promise<{ root: string; only?: string } | undefined> {
  if (path === undefined) return { root: mappings };
  const found = await stat(path).catch(() => undefined);
  if (!found) return undefined;
  if (found.isDirectory()) return { root: path };
  const file = resolve(path);
  const inFolder = (await isRoot(dirname(file))) ? dirname(file) : dirname(dirname(file));
  const inside = (await isRoot(inFolder)) && file.endsWith('.yaml');
  return inside
    ? { root: inFolder, only: join(relative(inFolder, dirname(file)), basename(file)) }
    : undefined;
}

async function isRoot(folder: string): Promise<boolean> {
  return (await stat(join(folder, 'resources.yaml')).catch(() => undefined)) !== undefined;
}
