// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { printJson } from '../../src/fhir/json.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { readBytes } from '../../src/ingest/hl7/charset.ts';
import { type Message, readMessage } from '../../src/ingest/hl7/message.ts';
import type { Conversion } from '../../src/normalize/convert.ts';
import { openNormalizer } from '../../src/normalize/normalizer.ts';

export const ROOT = resolve(import.meta.dirname, '../..');
export const MAPPINGS = join(ROOT, 'mappings');
export const ID_SECRET = Buffer.from('normalizer tests');

const FIXTURES = join(ROOT, 'fixtures/hl7');
export const fixtureNames = readdirSync(FIXTURES)
  .filter((name) => name.endsWith('.hl7'))
  .sort();

export const normalizer = await openNormalizer({ folder: MAPPINGS, idSecret: ID_SECRET, defaultZone: 'Z' });

export function fixture(name: string): Message {
  const file = fixtureNames.find((one) => one.startsWith(name));
  return readBytes(readFileSync(join(FIXTURES, file ?? name))).message;
}

/** A message from its segments, with a header of the given event. */
export function message(event: string, ...segments: readonly string[]): Message {
  const header = `MSH|^~\\&|APP|CLINIC^2.999.1^ISO|MOORING|BRIDGE|20260102030405+0100||${event}|T-1|P|2.5.1`;
  return readMessage([header, ...segments].join('\r'));
}

export const PID = 'PID|1||P1^^^CLINIC&2.999.1.1&ISO^MR||Doe^Jane';

export function resources(conversion: Conversion, type: string): Resource[] {
  return conversion.entries.map((entry) => entry.resource).filter((one) => one.resourceType === type);
}

export function only(conversion: Conversion, type: string): Resource {
  const found = resources(conversion, type);
  if (found.length !== 1) throw new Error(`${found.length} resources of type ${type}`);
  return found[0]!;
}

/** A conversion as text, an entry a line, decimals as written. */
export function printConversion({ bundle: _, entries, origins: __, ...rest }: Conversion): string {
  return `${[...entries, rest].map(printJson).join('\n')}\n`;
}
