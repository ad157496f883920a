// SPDX-License-Identifier: Apache-2.0

/** The little that we use of PGlite, whether it runs in this thread or in one of its own. */
export interface Pglite {
  readonly closed: boolean;
  query<Row>(text: string, params?: unknown[]): Promise<{ rows: Row[]; affectedRows?: number | undefined }>;
  exec(text: string): Promise<unknown>;
  close(): Promise<void>;
}
