// SPDX-License-Identifier: Apache-2.0
import { type Kysely, sql } from 'kysely';

/** Rows are read and written with kysely's `sql` template, typed where they are used. */
// biome-ignore lint/complexity/noBannedTypes: no table is known to kysely's builder
export type Db = Kysely<{}>;

/** One database in which every bridge, and the embedded ledger, has a schema of its own. */
export interface DatabaseServer {
  /**
   * Opens the schema, made and migrated when absent. A transaction resolves only when it is durable. Where all share one session, what
   * is `urgent` goes first: somebody waits at the other end of a line.
   */
  schema(name: string, options?: { readonly urgent?: boolean }): Promise<Db>;
  /** Lets go of what was deleted or overwritten, which copies and journals keep for a while; after an erasure, for instance. */
  snapshot(): Promise<void>;
  close(): Promise<void>;
}

export { type EmbeddedOptions, openEmbedded } from './embedded.ts';
export { DatabaseError } from './errors.ts';
export { openPostgres } from './postgres.ts';
export { sql };
