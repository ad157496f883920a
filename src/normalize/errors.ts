// SPDX-License-Identifier: Apache-2.0

/** A mapping file that can't be used; says which file and row, and what is wrong with it. Thrown when mappings are opened, never later. */
export class MappingError extends Error {
  override readonly name = 'MappingError';

  /** The same error, with the place where the caller met it. */
  in(place: string): MappingError {
    return new MappingError(`${place}: ${this.message}`, { cause: this });
  }
}
