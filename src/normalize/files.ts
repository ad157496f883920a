// SPDX-License-Identifier: Apache-2.0
import type { CodeFile } from './codes.ts';
import type { RulesFile } from './identity/rules.ts';

/** What the files of `mappings/` hold. Every scalar is text: a code `01` or `N` is no number and no boolean. */
export interface MappingFiles {
  readonly messages: Readonly<Record<string, MessageFile>>;
  readonly segments: Readonly<Record<string, RowsFile>>;
  readonly datatypes: Readonly<Record<string, DatatypeFile>>;
  readonly codes: Readonly<Record<string, CodeFile>>;
  readonly sites: Readonly<Record<string, SiteFile>>;
  readonly resources: Readonly<Record<string, RulesFile>>;
  /** Names of coding systems (HL7 table 0396) and their URIs. */
  readonly codingSystems: Readonly<Record<string, string>>;
  /** Names of assigning authorities that are the same everywhere, and their URIs. */
  readonly authorities: Readonly<Record<string, string>>;
  /** By segment: the numbers of the fields that are about the message and not in it. */
  readonly ignored: Readonly<Record<string, string>>;
}

export interface RowsFile {
  readonly rows: Readonly<Record<string, string>>;
}

export interface DatatypeFile extends RowsFile {
  /** The type speaks of a resource of its own. */
  readonly resource?: string;
}

export interface MessageFile {
  /** `ADT^A01 ADT^A04`; absent for a file that others use. */
  readonly messages?: string;
  readonly grammar?: string;
  /** Segments without which there is nothing to convert. */
  readonly needs?: string;
  /** Other message files whose resources and maps hold here too, where the grammar has their positions. */
  readonly uses?: string;
  /** By name: `Type [per GROUP|SEGMENT] [once]`. */
  readonly resources?: Readonly<Record<string, string>>;
  /** By position: `name from MAP [if condition]`, one or several. */
  readonly maps?: Readonly<Record<string, string | readonly string[]>>;
}

/** `mappings/site/*.yaml`: what is different in the messages of one facility. */
export interface SiteFile {
  /** MSH-4.1 or MSH-4.2. */
  readonly facility: string;
  /** Zone of times that name none. */
  readonly zone?: string;
  /** System of identifiers without an assigning authority. */
  readonly authority?: string;
  readonly authorities?: Readonly<Record<string, string>>;
  readonly 'coding-systems'?: Readonly<Record<string, string>>;
  /** By code map: codes that are added to it or replaced. */
  readonly codes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** By segment or data type map: rows that are added or replaced; an empty one is taken away. */
  readonly rows?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}
