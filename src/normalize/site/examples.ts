// SPDX-License-Identifier: Apache-2.0
import { Hl7Error, printLocation } from '../../ingest/hl7/errors.ts';
import type { Message } from '../../ingest/hl7/message.ts';
import type { Normalizer } from '../convert.ts';
import { MappingError } from '../errors.ts';
import type { Program } from '../program.ts';
import { ALL_MAPPED, disappointments, type Expectations, readExpectations } from './expectation.ts';

/** An example message of a site, and what is expected of it. */
export interface ExampleFile {
  readonly site: string;
  /** `update.hl7` */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What its file of expectations says, if it has one. */
  readonly expected?: unknown;
}

export interface ExampleResult {
  readonly site: string;
  readonly name: string;
  /** Empty: all as expected. */
  readonly failed: readonly string[];
}

export interface Trying {
  readonly program: Program;
  readonly normalizer: Normalizer;
  /** May throw Hl7Error. */
  readonly read: (bytes: Uint8Array) => Message;
}

/** Converts an example message as a bridge would, and compares. */
export function tryExample({ site, name, bytes, expected }: ExampleFile, trying: Trying): ExampleResult {
  try {
    const wanted = expected === undefined ? ALL_MAPPED : readExpectations(expected);
    return { site, name, failed: failuresOf(site, bytes, wanted, trying) };
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return { site, name, failed: [error.message] };
  }
}

function failuresOf(site: string, bytes: Uint8Array, wanted: Expectations, trying: Trying): string[] {
  try {
    const message = trying.read(bytes);
    const own = trying.program.siteOf(message).name;
    if (own !== site) return [`MSH-4 and MSH-3 are not those of ${site}, but of ${own ?? 'no site file'}`];
    return disappointments(wanted, trying.normalizer.convert(message));
  } catch (error) {
    if (!(error instanceof Hl7Error)) throw error;
    if (wanted.error === error.code) return [];
    const place = error.location ? ` at ${printLocation(error.location)}` : '';
    return [`it fails with HL7 error ${error.code}${place}: ${error.message}`];
  }
}
