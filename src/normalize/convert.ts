// SPDX-License-Identifier: Apache-2.0
import type { Issue } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import type { IndexToken } from '../fhir/search/query.ts';
import { labelAsTest } from '../fhir/test-data.ts';
import type { Message } from '../ingest/hl7/message.ts';
import type { Element } from './element.ts';
import { structureOf } from './grammar/parse.ts';
import { type Ids, openIds } from './identity/ids.ts';
import type { Instance } from './instance.ts';
import { bundleFields, entryOf, uniteSame } from './output/entries.ts';
import { uniteLines } from './output/lines.ts';
import { findMerges } from './output/merge.ts';
import { originsOf, releaseLost } from './output/origins.ts';
import { addTargets, writeOrigins } from './output/provenance.ts';
import { recordedAt } from './output/recorded.ts';
import { dropAll, keepRest } from './output/rest.ts';
import { writeSystemNames } from './output/system-names.ts';
import type { Program, Site } from './program.ts';
import { Run } from './run.ts';
import type { UnknownCode } from './unknown.ts';

/** One resource of a conversion: what the message says of it. */
export interface ConversionEntry {
  readonly fullUrl: string;
  readonly resource: Resource;
  /**
   * What the message deletes, or what it says excludes: top-level elements, parts of them (`period.end`), all extensions of one kind
   * (`extension{URL}`).
   */
  readonly removed: readonly string[];
  /** For a Patient, the identifiers under which the store may know it already, best first; else empty. */
  readonly knownBy: readonly IndexToken[];
  /** Written when it isn't there yet, and left alone when it is: the message only mentions it. */
  readonly create?: boolean;
  /**
   * Top-level arrays of which the message may know a part only: their members come on top of what is stored, without repeating what is
   * there already; an extension takes the place of those of its URL.
   */
  readonly adds?: readonly string[];
  /** Elements that R4 requires and the message doesn't say: they stand back for what is stored, of them or of those in `unless`. */
  readonly assumes?: readonly { readonly name: string; readonly unless: readonly string[] }[];
}

/** Where one value of the output came from. */
export interface Origin {
  /** `fullUrl` of the resource; `Bundle` for the Bundle itself. */
  readonly resource: string;
  /** FHIRPath within it, such as `Patient.name[1].family`. */
  readonly path: string;
  /** Such as `PID-5[2].1`. */
  readonly field: string;
  /** Mapping files and rows, outermost first: `segments/PID-Patient#names > datatypes/XPN#family`. */
  readonly row: string;
}

/** A value that no row took: an extension keeps it, under the name of its field, until a row has been written and the message is replayed. */
export interface Unmapped {
  readonly segment: string;
  readonly sequence: number;
  readonly field: number;
  readonly repetition: number;
  readonly component?: number;
  readonly subcomponent?: number;
}

/**
 * A value that is not in the output, and the rule that says so: one of `ignored.yaml`, the label of an `ignore` row, `not-deleted` for a
 * `""` that isn't followed, `said-by-code` for the words beside a code that became one of FHIR's, or `universal-id-type`.
 */
export interface Dropped extends Unmapped {
  readonly rule: string;
}

export interface PatientName {
  readonly knownBy: readonly IndexToken[];
  readonly fullUrl: string;
}

/** Two Patients are one (A40): the prior's records are the survivor's from now on. */
export interface PatientMerge {
  readonly survivor: PatientName;
  readonly prior: PatientName;
}

export interface Conversion {
  /** When its sender recorded what it says (EVN-2, else MSH-7), in epoch milliseconds; absent: that isn't said to the minute. */
  readonly asOf?: number;
  /** A transaction Bundle. */
  readonly bundle: Resource;
  readonly entries: readonly ConversionEntry[];
  readonly unmapped: readonly Unmapped[];
  readonly dropped: readonly Dropped[];
  readonly issues: readonly Issue[];
  /** Codes that no code map and no coding system that FHIR knows says the meaning of. */
  readonly unknownCodes: readonly UnknownCode[];
  /** Empty unless asked for by `explain`. */
  readonly origins: readonly Origin[];
  /** The Patients that the message says are one, in its order; absent: none. */
  readonly merges?: readonly PatientMerge[];
}

export interface Normalizer {
  /** Pure: the same message gives the same conversion. Throws Hl7Error with the location of what can't be converted. */
  convert(message: Message, options?: { readonly explain?: boolean }): Conversion;
}

/** Converts by a compiled program; `openNormalizer` reads one from a folder of mapping files. `storesOrigins`: the Provenance tells them. */
export function normalizer(program: Program, idSecret: Uint8Array, storesOrigins = false): Normalizer {
  const ids = openIds(idSecret);
  return {
    convert(sent, options = {}) {
      const explain = options.explain === true || storesOrigins;
      const site = program.siteOf(sent);
      if (site.ignores(sent)) return nothingOf(sent);
      const message = site.asRead(sent);
      let read = readAll(message, site, ids, explain);
      if (read.run.loses) {
        // What was mapped and could not be said after all is found by where each value went, which is written down only then.
        if (!explain) read = readAll(message, site, ids, true);
        releaseLost(read.run);
      }
      const { run, instances, merges } = read;
      const asOf = recordedAt(run);
      const { unmapped, dropped } = keepRest(run);
      const origins = explain ? originsOf(run) : [];
      if (storesOrigins) writeOrigins(run, origins);
      const entries = instances.map(entryOf);
      return {
        bundle: bundleOf(entries, bundleFields(run)),
        entries,
        unmapped,
        dropped,
        issues: run.issues,
        origins: options.explain === true ? origins : [],
        unknownCodes: run.unknownCodes.list(),
        ...(merges ? { merges: merges() } : {}),
        ...(asOf === undefined ? {} : { asOf }),
      };
    },
  };
}

/** Its site wants nothing made of such a message. */
function nothingOf(message: Message): Conversion {
  return {
    bundle: { resourceType: 'Bundle', type: 'transaction' },
    ...{ entries: [], unmapped: [], origins: [], unknownCodes: [] },
    dropped: dropAll(message, 'site'),
    issues: [...message.issues, IGNORED],
  };
}

const IGNORED: Issue = {
  severity: 'information',
  code: 'informational',
  diagnostics: 'the site file says that nothing is to be made of messages of this event',
  expression: 'MSH-9',
};

/** The resources of a message, complete but for what no row took. */
function readAll(message: Message, site: Site, ids: Ids, explaining: boolean) {
  const run = new Run(message, site, ids, explaining);
  const structure = site.structureFor(message);
  structure.apply(structureOf(message, structure.grammar, run.issues), run);
  uniteLines(run);
  const merges = findMerges(run);
  run.settle();
  addTargets(run);
  writeSystemNames(run);
  const instances = uniteSame(run);
  if (message.isTest) labelTest(run, instances);
  return { run, merges, instances };
}

/** HL7 v2 §2.14.9.11: what a message for training or debugging says is nobody's record. */
function labelTest(run: Run, instances: readonly Instance[]): void {
  for (const { resource } of instances) labelAsTest(resource as Resource);
  const what = 'the message is a test: what it tells of is labelled HTEST, and kept apart from real records';
  run.report('information', 'informational', what, 'MSH-11');
}

function bundleOf(entries: readonly ConversionEntry[], said: Element): Resource {
  return {
    resourceType: 'Bundle',
    ...said,
    type: 'transaction',
    entry: entries.map(({ fullUrl, resource, create }) => ({
      fullUrl,
      resource,
      request: {
        method: 'PUT',
        url: `${resource.resourceType}/${resource.id}`,
        ...(create ? { ifNoneMatch: '*' } : {}),
      },
    })),
  };
}
