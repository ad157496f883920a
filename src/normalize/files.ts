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
  /** By table, `v2-0001`: the codes that HL7 lists in it, with blanks between them. */
  readonly tables: Readonly<Record<string, string>>;
  /** Names of assigning authorities that are the same everywhere, and their URIs. */
  readonly authorities: Readonly<Record<string, string>>;
  /** By name, `yes` or `no`: what the guide leaves to a site, and what holds where the site says nothing. */
  readonly choices: Readonly<Record<string, string>>;
  /** By rule: the fields that it leaves out, `MSH-1 MSH-2`. They are about the message and not in it. */
  readonly ignored: Readonly<Record<string, string>>;
}

export interface RowsFile {
  readonly rows: Readonly<Record<string, string>>;
}

export interface DatatypeFile extends RowsFile {
  /** The type speaks of a resource of its own. */
  readonly resource?: string;
  /** The resource is only mentioned: left alone when it is there, whatever else is known of its type. */
  readonly once?: string;
}

export interface MessageFile {
  /** `ADT^A01 ADT^A04`; absent for a file that others use. */
  readonly messages?: string;
  readonly grammar?: string;
  /** Segments without which there is nothing to convert. */
  readonly needs?: string;
  /** Other message files whose resources and maps hold here too, where the grammar has their positions. */
  readonly uses?: string;
  /** By name: `Type [per GROUP|SEGMENT] [once|always] [in name]`. */
  readonly resources?: Readonly<Record<string, string>>;
  /** By position: `name from MAP [if condition]`, one or several. With `!` after it, what the used files say of it doesn't hold. */
  readonly maps?: Readonly<Record<string, string | readonly string[]>>;
}

/** `mappings/site/*.yaml`: what is different in the messages of one sender. */
export interface SiteFile {
  /** MSH-4.1 or MSH-4.2; a list for several. */
  readonly facility: string | readonly string[];
  /** MSH-3.1 or MSH-3.2, where only some applications of the facility are meant. */
  readonly application?: string | readonly string[];
  /** Zone of times that name none. */
  readonly zone?: string;
  /** Character set, in the words of HL7 table 0211, whatever MSH-18 says. */
  readonly charset?: string;
  /** System of identifiers without an assigning authority. */
  readonly authority?: string;
  readonly authorities?: Readonly<Record<string, string>>;
  readonly 'coding-systems'?: Readonly<Record<string, string>>;
  /** By name, `yes` or `no`: what the site decides otherwise than `choices.yaml`. */
  readonly choices?: Readonly<Record<string, string>>;
  /** `PID-2: PID-3`: what is sent in the first field is read as the second, where that is empty. */
  readonly moves?: Readonly<Record<string, string>>;
  /** `ADT^A99: ADT^A08`: what the site calls an event, and what it means. */
  readonly events?: Readonly<Record<string, string>>;
  /** Events that are acknowledged and of which nothing is kept in resources: `ADT^A60 ADT^A20`. */
  readonly ignore?: string;
  /** By code map, by coding system (as in CWE.3) or by field: codes and what they are called in FHIR. An empty one is none. */
  readonly codes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** By segment or data type map: rows that are added or replaced; an empty one is taken away. Also whole maps of the site's own. */
  readonly rows?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** As in a message file, for all messages. */
  readonly resources?: Readonly<Record<string, string>>;
  /** As in a message file, for all messages that have such a place; segments that no grammar knows stand where they are met. */
  readonly maps?: Readonly<Record<string, string | readonly string[]>>;
}
