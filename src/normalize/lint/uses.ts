// SPDX-License-Identifier: Apache-2.0
import type { MappingFiles, MessageFile, SiteFile } from '../files.ts';

/** What the messages that use a segment map say of it. */
export interface MapUse {
  /** Types of the resources that it is for. */
  readonly types: Set<string>;
  /** Types of the resources that its rows may name: `@report`. */
  readonly names: Map<string, Set<string>>;
  /** Segments that its rows may ask. */
  readonly segments: Set<string>;
}

export const namesIn = (grammar: string | undefined): string[] =>
  (grammar?.match(/[A-Z][A-Z0-9_]*:?/g) ?? []).filter((name) => !name.endsWith(':'));

export const wordsIn = (text: string | undefined): string[] =>
  text?.split(/\s+/).filter((word) => word !== '') ?? [];

const typeOf = (named: string): string => named.split(' ')[0]!;

/** Each segment map with what is known of the messages that use it; a site file adds to all. */
export function mapUses(files: MappingFiles, site: Partial<SiteFile> = {}): Map<string, MapUse> {
  const uses = new Map<string, MapUse>();
  for (const file of Object.values(files.messages)) {
    if (file.messages === undefined) continue;
    const parts = [...usedBy(file, files), site];
    const segments = new Set(['MSH', ...namesIn(file.grammar)]);
    const names = new Map<string, string>();
    for (const { resources } of parts)
      for (const [name, text] of Object.entries(resources ?? {})) names.set(name, typeOf(text));
    for (const { maps } of parts)
      for (const text of Object.values(maps ?? {}).flat()) note(uses, text, names, segments);
  }
  return uses;
}

/** The files that a message file uses, and itself. */
export function usedBy(file: MessageFile, files: MappingFiles): MessageFile[] {
  return [...wordsIn(file.uses).flatMap((name) => files.messages[name] ?? []), file];
}

function note(
  uses: Map<string, MapUse>,
  text: string,
  names: ReadonlyMap<string, string>,
  segments: ReadonlySet<string>,
): void {
  const [, name, map] = /^(\S+) from (\S+)/.exec(text) ?? [];
  const type = names.get(name ?? '');
  if (map === undefined || type === undefined) return;
  const use = uses.get(map) ?? { types: new Set(), names: new Map(), segments: new Set() };
  uses.set(map, use);
  use.types.add(type);
  for (const segment of segments) use.segments.add(segment);
  for (const [other, its] of names) use.names.set(other, (use.names.get(other) ?? new Set()).add(its));
}
