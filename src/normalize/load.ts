// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, YAMLParseError } from 'yaml';
import { MappingError } from './errors.ts';
import type { MappingFiles } from './files.ts';
import type { GuideFiles } from './guide/guide.ts';
import type { ExampleFile } from './site/examples.ts';

/** Reads all mapping files of a folder. Throws MappingError naming the file that can't be read. */
export async function loadMappings(folder: string | URL): Promise<MappingFiles> {
  const root = typeof folder === 'string' ? folder : fileURLToPath(folder);
  const [
    messages,
    segments,
    datatypes,
    codes,
    sites,
    resources,
    codingSystems,
    tables,
    authorities,
    ignored,
    choices,
  ] = await Promise.all([
    readFolder(root, 'messages'),
    readFolder(root, 'segments'),
    readFolder(root, 'datatypes'),
    readFolder(root, 'codes'),
    readFolder(root, 'site'),
    readYaml(root, 'resources.yaml'),
    readYaml(root, 'coding-systems.yaml'),
    readYaml(root, 'tables.yaml'),
    readYaml(root, 'authorities.yaml'),
    readYaml(root, 'ignored.yaml'),
    readYaml(root, 'choices.yaml'),
  ]);
  const files = {
    ...{ messages, sites, codes, resources, codingSystems, tables, authorities, ignored, choices },
    segments: byMapName(segments),
    datatypes: byMapName(datatypes),
  };
  return files as unknown as MappingFiles;
}

/** Reads what the guide says, row by row. Throws MappingError naming the file that can't be read. */
export async function loadGuide(folder: string | URL): Promise<GuideFiles> {
  const root = typeof folder === 'string' ? folder : fileURLToPath(folder);
  const [messages, fields, segments, datatypes] = await Promise.all([
    readYaml(root, 'messages.yaml'),
    readYaml(root, 'fields.yaml'),
    readFolder(root, 'segments'),
    readFolder(root, 'datatypes'),
  ]);
  return { messages, fields, segments, datatypes } as GuideFiles;
}

/** All mapping files of a folder as text, by their names in it, and what the guide says of the fields of segments. Throws MappingError. */
export async function loadTexts(folder: string): Promise<{ texts: Map<string, string>; fields: unknown }> {
  const texts = new Map<string, string>();
  for (const inside of ['', 'messages', 'segments', 'datatypes', 'codes', 'site']) {
    const names = await readdir(join(folder, inside)).catch(() => []);
    for (const name of names.filter((each) => each.endsWith('.yaml')).sort())
      texts.set(join(inside, name), await readFile(join(folder, inside, name), 'utf8'));
  }
  if (texts.size === 0) throw new MappingError(`${folder} holds no mapping files`);
  const fields = await readYaml(folder, join('guide', 'fields.yaml')).catch(() => undefined);
  return { texts, fields };
}

const EXPECTED = '.expect.yaml';

/** Reads the example messages beside site files, `site/NAME/*.hl7`, each with its `*.expect.yaml`. Throws MappingError. */
export async function loadExamples(folder: string | URL): Promise<ExampleFile[]> {
  const root = typeof folder === 'string' ? folder : fileURLToPath(folder);
  const inside = await readdir(join(root, 'site'), { withFileTypes: true });
  const sites = inside.filter((each) => each.isDirectory()).map(({ name }) => name);
  const examples = await Promise.all(sites.sort().map((site) => examplesOf(root, site)));
  return examples.flat();
}

async function examplesOf(root: string, site: string): Promise<ExampleFile[]> {
  const folder = join('site', site);
  const names = (await readdir(join(root, folder))).sort();
  const messages = names.filter((name) => name.endsWith('.hl7'));
  const expecting = names
    .filter((name) => name.endsWith(EXPECTED))
    .map((name) => name.slice(0, -EXPECTED.length));
  const lonely = expecting.find((name) => !messages.includes(`${name}.hl7`));
  if (lonely !== undefined) throw new MappingError(`${folder}/${lonely}${EXPECTED} has no ${lonely}.hl7`);
  return Promise.all(
    messages.map(async (name) => {
      const stem = name.slice(0, -'.hl7'.length);
      const bytes = await readFile(join(root, folder, name));
      if (!expecting.includes(stem)) return { site, name, bytes };
      return { site, name, bytes, expected: await readYaml(root, join(folder, stem + EXPECTED)) };
    }),
  );
}

/** A file `PID-Patient.yaml` is the map `PID/Patient`: a name with a slash would be a folder. */
function byMapName(files: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [name.replace('-', '/'), file]));
}

async function readFolder(root: string, folder: string): Promise<Record<string, unknown>> {
  const names = await readdir(join(root, folder)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && folder === 'site') return [];
    throw new MappingError(`${join(root, folder)} can't be read: ${error.code}`, { cause: error });
  });
  const yaml = names.filter((name) => name.endsWith('.yaml')).sort();
  const files = await Promise.all(yaml.map((name) => readYaml(root, join(folder, name))));
  return Object.fromEntries(yaml.map((name, index) => [name.slice(0, -'.yaml'.length), files[index]]));
}

async function readYaml(root: string, name: string): Promise<unknown> {
  try {
    // Failsafe: every scalar stays text, so that the codes N, 01 and 1e3 are what they look like.
    return parse(await readFile(join(root, name), 'utf8'), { schema: 'failsafe' }) ?? {};
  } catch (error) {
    const why = error instanceof YAMLParseError ? error.message : (error as NodeJS.ErrnoException).code;
    throw new MappingError(`${name}: ${why}`, { cause: error });
  }
}
