// SPDX-License-Identifier: Apache-2.0

/** How many fields HL7 v2.9 gives a segment; Z segments and those that the guide doesn't know have any number. */
export type FieldCounts = ReadonlyMap<string, number>;

/** Where the guide lists fewer fields than HL7 v2.9 has. */
const MORE: Readonly<Record<string, number>> = { IN3: 28, OBR: 55, PD1: 23, RXE: 45, SPM: 35 };

export function fieldCounts(file: unknown): FieldCounts {
  const counts = Object.entries((file ?? {}) as Record<string, unknown>);
  return new Map(
    counts.map(([segment, types]) => [segment, MORE[segment] ?? String(types).split(' ').length]),
  );
}

/** The fields that a row, a condition or a map names: `PID-5`. Values in quotes are none, but the fields in them are. */
export function fieldsIn(text: string): { segment: string; field: number }[] {
  const inQuotes = [...text.matchAll(/\{([^}]+)\}/g)].map((found) => found[1]!);
  const bare = text.replace(/"[^"]*"/g, ' ').replace(/\{[^}]*\}/g, ' ');
  return [bare, ...inQuotes].flatMap((part) =>
    [...part.matchAll(/(?<![\w-])([A-Z][A-Z0-9]{2})-(\d{1,3})(?![\w-])/g)].map((found) => ({
      segment: found[1]!,
      field: Number(found[2]),
    })),
  );
}

/** What is wrong with the fields of a text. */
export function* wrongFields(
  text: string,
  counts: FieldCounts,
  segments: ReadonlySet<string> | undefined,
): Generator<string> {
  for (const { segment, field } of fieldsIn(text)) {
    if (segment.startsWith('Z')) continue;
    const count = counts.get(segment);
    if (field === 0) yield `${segment}-0: the first field is ${segment}-1`;
    if (count !== undefined && field > count)
      yield `${segment}-${field}: ${segment} has ${count} fields in HL7 v2.9`;
    if (segments && !segments.has(segment))
      yield `${segment}-${field}: no message that uses this map has a segment ${segment}`;
  }
}
