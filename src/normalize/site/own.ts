// SPDX-License-Identifier: Apache-2.0
import { MappingError } from '../errors.ts';
import type { MappingFiles, SiteFile } from '../files.ts';

/**
 * Names under `rows:` of a site file that nothing uses: no map of `mappings/`, and no map or type of the site's own that one of its
 * `maps:` or rows names.
 */
export function unusedRows(site: Partial<SiteFile>, files: MappingFiles): string[] {
  const named = new Set(
    Object.values(site.maps ?? {})
      .flat()
      .map((use) => / from (\S+)/.exec(use)?.[1]),
  );
  for (const rows of Object.values(site.rows ?? {}))
    for (const row of Object.values(rows)) named.add(/ as ([\w/-]+)/.exec(row)?.[1]);
  return Object.keys(site.rows ?? {}).filter(
    (name) => files.segments[name] === undefined && files.datatypes[name] === undefined && !named.has(name),
  );
}

/** The maps of a site file, `bed from ZBD/Location`, for a resource that no message file and not the site itself has a name for. */
export function namelessMaps(site: Partial<SiteFile>, { messages }: MappingFiles): string[] {
  const named = new Set(
    [...Object.values(messages), site].flatMap(({ resources }) => Object.keys(resources ?? {})),
  );
  return Object.values(site.maps ?? {})
    .flat()
    .filter((use) => !named.has(use.split(' ')[0]!));
}

/** Throws MappingError for rows and maps that would never act. */
export function refuseUnused(site: Partial<SiteFile>, files: MappingFiles): void {
  const [nameless] = namelessMaps(site, files);
  if (nameless !== undefined) throw new MappingError(`maps: ${nameless}: no message has such a resource`);
  const [unused] = unusedRows(site, files);
  if (unused !== undefined) throw new MappingError(`rows: there is no map ${unused}`);
}
