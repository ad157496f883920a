// SPDX-License-Identifier: Apache-2.0
import { DatabaseError } from './errors.ts';

/** A name that can stand in a statement and means the same everywhere, quoted. PostgreSQL cuts names at 63 bytes. */
export function schemaName(name: string): string {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name))
    throw new DatabaseError(
      'SCHEMA_NAME_INVALID',
      'a schema is named by up to 63 lower-case letters, digits and _',
    );
  return `"${name}"`;
}
