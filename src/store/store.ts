// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../fhir/resource.ts';
import type { IndexToken, Search } from '../fhir/search/query.ts';

/** One version of one resource, decrypted. `canonical` is the very text whose commitment is in the log. */
export interface Stored {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  /** FHIR instant, as in `meta.lastUpdated`. */
  readonly updated: string;
  readonly deleted: boolean;
  /** Logical id of the patient whose key seals it; absent for what belongs to no patient. */
  readonly patient?: string;
  readonly resource: Resource;
  readonly canonical: string;
  /** 32 bytes, secret: whoever holds it can check and guess the content behind the commitment. */
  readonly salt: Uint8Array;
  readonly leafIndex: number;
  /** Kind byte, version byte, 32 bytes of commitment. */
  readonly leaf: Uint8Array;
  /** Where a search that stopped here goes on; opaque. */
  readonly cursor: string;
  /** When its facts were recorded by those who told of them (`unit/recorded.ts`); of current versions only. */
  readonly recorded?: string;
}

/**
 * A wish to change the store. `fullUrl` is the name by which other changes of the same unit refer to this one
 * (`urn:uuid:…`); the store rewrites such references to what the resource was finally called.
 */
export type Change =
  | {
      op: 'create';
      resource: Resource;
      fullUrl?: string;
      ifNoneExist?: Search;
      /** A message that was recorded then (epoch milliseconds) mentions it: the first mention counts until somebody says more of it. */
      mentionedAt?: number;
    }
  | {
      op: 'update';
      resource: Resource;
      fullUrl?: string;
      ifMatch?: number;
      where?: Search;
      /** Only references were rewritten: the facts are as old as they were. */
      sameFacts?: true;
    }
  | {
      /**
       * What a v2 message says of a resource: absent elements keep, `removed` ones (top-level, parts such as `period.end`, extensions as `extension{URL}`) go, arrays
       * and elements that are there replace.
       */
      op: 'merge';
      resource: Resource;
      fullUrl?: string;
      removed: readonly string[];
      /** Top-level elements of which the message may know a part only: what it says comes on top of what is stored. */
      adds?: readonly string[];
      /** Elements that stand for what the message doesn't say: written where neither they nor those of `unless` are there. */
      assumes?: readonly { readonly name: string; readonly unless: readonly string[] }[];
      /** When what it says was recorded, in epoch milliseconds: what is stored and newer stays. Absent: the order of arrival decides. */
      asOf?: number;
      /** Elements that hold whatever is newer, such as the links of a merge. */
      anyway?: readonly string[];
      /** If a current resource of this type has one of these tokens, that one is meant, else the one with `resource.id`. */
      knownBy: readonly IndexToken[];
    }
  | { op: 'delete'; type: string; id: string; ifMatch?: number };

export interface ChangeResult {
  /** `unchanged`: the resource already said exactly this, or a conditional create found it: no new version. */
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'deleted';
  readonly stored: Stored;
  /** Something of it was older than what is stored, and left out. */
  readonly late?: true;
}

/** An AuditEvent before the store gives it its id, its time and its place in the patient's dense sequence. */
export interface AuditDraft {
  /** Whose sequence it continues; absent: the organization's own. */
  readonly patient?: string;
  readonly event: Resource;
}

/** What becomes durable together or not at all. */
export interface Unit {
  readonly changes: readonly Change[];
  /** Called once the results are known, before the commit. Must be pure: the store may call it again when it retries. */
  readonly audit?: (results: readonly ChangeResult[]) => readonly AuditDraft[];
  /** The inbox message that this unit finishes: marked processed in the same transaction. */
  readonly settles?: { readonly inboxId: string };
}

export interface Committed {
  readonly results: readonly ChangeResult[];
  readonly audits: readonly Stored[];
}

/** Where resources are kept, encrypted. Everything `commit` returns has been committed durably and is a leaf of the log. */
export interface Store {
  /** Atomic. Throws FhirError (412 on a version or condition that doesn't hold, 409 on a conflict, 404 …) with nothing changed. */
  commit(unit: Unit): Promise<Committed>;
  /** The current version, or that one; a deleted one has `deleted` set. `undefined`: never existed. */
  read(type: string, id: string, version?: number): Promise<Stored | undefined>;
  /** Newest first. */
  history(type: string, id: string): AsyncIterable<Stored>;
  /** Current, undeleted resources in the order asked for, from `after` on. Reads ahead in small steps: stop when you have enough. */
  search(search: Search, after?: string): AsyncIterable<Stored>;
}
