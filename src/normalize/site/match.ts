// SPDX-License-Identifier: Apache-2.0
import type { Segment } from '../../ingest/hl7/message.ts';
import { MappingError } from '../errors.ts';
import type { SiteFile } from '../files.ts';

interface Entry<T> {
  readonly name: string;
  /** Empty: all applications of the facility. */
  readonly applications: readonly string[];
  readonly site: T;
}

/** One name, with the blanks in it, or a list of them. */
export function namesOf(written: string | readonly string[] | undefined): readonly string[] {
  return [written ?? []].flat().filter((name) => name !== '');
}

/** Which site file holds for messages with a header. One that names the application goes before one that names the facility only. */
export class Sites<T> {
  readonly #byFacility = new Map<string, Entry<T>[]>();

  /** Throws MappingError when another site file is for the same messages. */
  add(name: string, file: Pick<SiteFile, 'facility' | 'application'>, site: T): void {
    const facilities = namesOf(file.facility);
    const applications = namesOf(file.application);
    if (facilities.length === 0) throw new MappingError(`site/${name} names no facility`);
    for (const facility of facilities) {
      const known = this.#byFacility.get(facility) ?? [];
      const other = known.find((one) => overlaps(one.applications, applications));
      if (other) throw new MappingError(`site/${name}: site/${other.name} is for ${facility} already`);
      this.#byFacility.set(facility, [...known, { name, applications, site }]);
    }
  }

  /** By MSH-4.1 or MSH-4.2, and MSH-3.1 or MSH-3.2. */
  of(header: Segment): T | undefined {
    return this.#of(header, 1) ?? this.#of(header, 2);
  }

  #of(header: Segment, part: number): T | undefined {
    const entries = this.#byFacility.get(header.value(4, 1, part));
    if (!entries) return undefined;
    const sent = [header.value(3, 1, 1), header.value(3, 1, 2)];
    const found =
      entries.find(({ applications }) => applications.some((one) => sent.includes(one))) ??
      entries.find(({ applications }) => applications.length === 0);
    return found?.site;
  }
}

function overlaps(one: readonly string[], other: readonly string[]): boolean {
  if (one.length === 0 || other.length === 0) return one.length === other.length;
  return one.some((name) => other.includes(name));
}
