// SPDX-License-Identifier: Apache-2.0
import { knownCharset } from '../../ingest/hl7/charsets.ts';
import type { MappingFiles, SiteFile } from '../files.ts';
import { isCodeMap } from '../site/codes.ts';
import { Sites } from '../site/match.ts';
import { unusedRows } from '../site/own.ts';
import { readMove } from '../site/view.ts';
import type { FieldCounts } from './fields.ts';
import { attempt, lintChoices, lintCodes, lintUris } from './lists.ts';
import { lintMaps, lintResources } from './messages.ts';
import { didYouMean } from './near.ts';
import type { Source } from './source.ts';
import { wordsIn } from './uses.ts';
import { lintVocabulary } from './vocabulary.ts';

/** What is wrong with a site file, but for its rows. */
export function lintSite(source: Source, site: SiteFile, files: MappingFiles, counts: FieldCounts): void {
  const { zone, charset, authority, moves, events, codes } = site;
  if (zone !== undefined && !/^(Z|[+-]\d{2}:\d{2})$/.test(zone))
    source.report(['zone'], `${zone} is no zone such as Z or +01:00`);
  if (charset !== undefined && !knownCharset(charset))
    source.report(['charset'], `the character set ${charset} is not known`);
  if (authority !== undefined) lintUris(source, [], { authority });
  lintUris(source, ['authorities'], site.authorities);
  lintUris(source, ['coding-systems'], site['coding-systems']);
  lintChoices(source, ['choices'], site.choices, Object.keys(files.choices));
  for (const [from, to] of Object.entries(moves ?? {}))
    attempt(source, ['moves', from], () => readMove(from, to));
  const known = Object.values(files.messages).flatMap(({ messages }) => wordsIn(messages));
  for (const [sent, event] of Object.entries(events ?? {}))
    if (!known.includes(event))
      source.report(['events', sent], `no message file is for ${event}${didYouMean(event, known)}`);
  for (const [name, own] of Object.entries(codes ?? {})) {
    const file = files.codes[name];
    const table = isCodeMap(name, files) && !file ? { table: name, system: name } : {};
    lintCodes(source, ['codes', name], name, { ...file, ...table, codes: own });
  }
  lintMapsOf(source, site, files, counts);
}

function lintMapsOf(source: Source, site: SiteFile, files: MappingFiles, counts: FieldCounts): void {
  const known = [...Object.keys(files.segments), ...Object.keys(files.datatypes)];
  for (const name of unusedRows(site, files))
    source.report(
      ['rows', name],
      `there is no map ${name}, and nothing here uses it${didYouMean(name, known)}`,
    );
  lintResources(source, site.resources, files);
  const names = new Set(
    [...Object.values(files.messages), site].flatMap(({ resources }) => Object.keys(resources ?? {})),
  );
  const groups = Object.values(files.messages).flatMap(
    ({ grammar }) => grammar?.match(/[A-Z][A-Z0-9_]*(?=:)/g) ?? [],
  );
  for (const place of Object.keys(site.maps ?? {}))
    for (const group of place.split('.').slice(0, -1))
      if (!groups.includes(group))
        source.report(['maps', place], `no message has a group ${group}${didYouMean(group, groups)}`);
  const maps = [...Object.keys(files.segments), ...Object.keys(site.rows ?? {})];
  const vocabulary = lintVocabulary(files, site);
  lintMaps(source, site.maps, { files, names, grammar: undefined, vocabulary, counts, maps });
}

/** Site files that are for the same messages, or for none. */
export function lintSites(sources: ReadonlyMap<string, Source>, files: MappingFiles): void {
  const sites = new Sites<string>();
  for (const [name, site] of Object.entries(files.sites)) {
    const source = sources.get(`site/${name}.yaml`);
    if (source) attempt(source, ['facility'], () => sites.add(name, site, name));
  }
}
