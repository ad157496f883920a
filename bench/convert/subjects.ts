// SPDX-License-Identifier: Apache-2.0
import { printJson } from '../../src/fhir/json.ts';
import { readBytes } from '../../src/ingest/hl7/charset.ts';
import { openNormalizer } from '../../src/normalize/normalizer.ts';
import { type Parser, tally } from '../peers/parser.ts';
import { OURS } from './ours.ts';

/** What is done to a message, from its bytes on. Answers what a caller would keep. */
export type Run = (bytes: Buffer) => unknown;

export interface Subject {
  readonly name: string;
  open(): Promise<Run>;
}

/** The whole way to FHIR, then our way and that of others to the values of a message, in the order of the tables. */
export function subjectsOf(peers: readonly Parser[]): Subject[] {
  return [
    { name: 'Mooring: to a FHIR transaction', open: openConversion },
    {
      name: 'Mooring: the same as JSON text',
      async open() {
        const convert = await openConversion();
        return (bytes) => printJson(convert(bytes));
      },
    },
    ...[OURS, ...peers].flatMap(parsing),
  ];
}

export function openBenchNormalizer() {
  const folder = new URL('../../mappings/', import.meta.url);
  return openNormalizer({ folder, idSecret: Buffer.alloc(32, 7), defaultZone: 'Z' });
}

/** From bytes to a transaction Bundle. */
export async function openConversion(): Promise<Run> {
  const normalizer = await openBenchNormalizer();
  return (bytes) => normalizer.convert(readBytes(bytes).message).bundle;
}

/** Some split a message when they get it and some when they are asked: only with both done do they compare. */
function parsing(parser: Parser): Subject[] {
  return [
    { name: `${parser.name}: parsed`, open: async () => (bytes) => parser.parse(bytes) },
    { name: `${parser.name}: parsed, every value read`, open: async () => (bytes) => readAll(parser, bytes) },
  ];
}

function readAll<P>(parser: Parser<P>, bytes: Buffer): P {
  const parsed = parser.parse(bytes);
  if (tally(parser, parsed).values === 0) throw new Error(`${parser.name} reads nothing`);
  return parsed;
}
