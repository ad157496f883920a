// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, YAMLParseError } from 'yaml';
import { MappingError } from './errors.ts';
import type { MappingFiles } from './files.ts';

/** Reads all mapping files of a folder. Throws MappingError naming the file that can't be read. */
export async function loadMappings(folder: string | URL): Promise<MappingFiles> {
  const root = typeof folder === 'string' ? folder : fileURLToPath(folder);
  const [messages, segments, datatypes, codes, sites, resources, codingSystems, authorities, ignored] =
    await Promise.all([
      readFolder(root, 'messages'),
      readFolder(root, 'segments'),
      readFolder(root, 'datatypes'),
      readFolder(root, 'codes'),
      readFolder(root, 'site'),
      readYaml(root, 'resources.yaml'),
      readYaml(root, 'coding-systems.yaml'),
      readYaml(root, 'authorities.yaml'),
      readYaml(root, 'ignored.yaml'),
    ]);
  const files = {
    ...{ messages, sites, codes, resources, codingSystems, authorities, ignored },
    segments: byMapName(segments),
    datatypes: byMapName(datatypes),
  };
  return files as unknown as MappingFiles;
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
