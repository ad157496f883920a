// SPDX-License-Identifier: Apache-2.0
import type { Issue } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import type { IndexToken } from '../fhir/search/query.ts';
import type { Message } from '../ingest/hl7/message.ts';
import { structureOf } from './grammar/parse.ts';
import { collectEntries } from './output/entries.ts';
import { findMerge } from './output/merge.ts';
import { addTargets } from './output/provenance.ts';
import { listUnmapped } from './output/unmapped.ts';
import type { Program } from './program.ts';
import { Run } from './run.ts';

/** One resource of a conversion: what the message says of it. */
export interface ConversionEntry {
  readonly fullUrl: string;
  readonly resource: Resource;
  /** Top-level elements that the message deletes, or that what it says excludes. */
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
}

/** Where one value of the output came from. */
export interface Origin {
  /** `fullUrl` of the resource. */
  readonly resource: string;
  /** FHIRPath within it, such as `Patient.name[1].family`. */
  readonly path: string;
  /** Such as `PID-5[2].1`. */
  readonly field: string;
  /** Mapping files and rows, outermost first: `segments/PID-Patient#names > datatypes/XPN#family`. */
  readonly row: string;
}

/** A value that no row took. The message itself is kept: it can be replayed when a row has been written. */
export interface Unmapped {
  readonly segment: string;
  readonly sequence: number;
  readonly field: number;
  readonly repetition: number;
  readonly component?: number;
}

export interface PatientName {
  readonly knownBy: readonly IndexToken[];
  readonly fullUrl: string;
}

export interface Conversion {
  /** A transaction Bundle. */
  readonly bundle: Resource;
  readonly entries: readonly ConversionEntry[];
  readonly unmapped: readonly Unmapped[];
  readonly issues: readonly Issue[];
  /** Empty unless asked for by `explain`. */
  readonly origins: readonly Origin[];
  /** The message says that two Patients are one (A40). */
  readonly merge?: { readonly survivor: PatientName; readonly prior: PatientName };
}

export interface Normalizer {
  /** Pure: the same message gives the same conversion. Throws Hl7Error with the location of what can't be converted. */
  convert(message: Message, options?: { readonly explain?: boolean }): Conversion;
}

/** Converts by a compiled program; `openNormalizer` reads one from a folder of mapping files. */
export function normalizer(program: Program, idSecret: Uint8Array): Normalizer {
  return {
    convert(message, options = {}) {
      const site = program.siteOf(message);
      const structure = site.structureFor(message);
      const run = new Run(message, site, idSecret, options.explain === true);
      structure.apply(structureOf(message, structure.grammar, run.issues), run);
      const merge = findMerge(run);
      run.settle();
      addTargets(run);
      const entries = collectEntries(run);
      return {
        bundle: bundleOf(entries),
        entries,
        unmapped: listUnmapped(message, run.taken, site.ignored),
        issues: run.issues,
        origins: run.origins(),
        ...(merge ? { merge: merge() } : {}),
      };
    },
  };
}

function bundleOf(entries: readonly ConversionEntry[]): Resource {
  return {
    resourceType: 'Bundle',
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
