// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';
import { type Db, sql } from '../store/sql/database.ts';

/** Which Patients are one, because a message merged them. Several instances may share the table. */
export interface MergedPatients {
  /** Resolves when it will not be forgotten any more, and every bridge decides by it. To be said before the first record of the prior moves. */
  add(prior: string, survivor: string): Promise<void>;
  /** Takes in what was added, here or elsewhere, until a moment ago. */
  refresh(): Promise<void>;
  /** All Patients that are one with this, itself first. As of the last `refresh`. */
  groupOf(patient: string): readonly string[];
}

interface Merge {
  readonly number: string;
  readonly prior: string;
  readonly survivor: string;
}

// PostgreSQL, appendix A: somebody else took the number.
const UNIQUE_VIOLATION = '23505';
const MAX_ATTEMPTS = 20;
/** What was read so long ago is read anew. Whoever adds waits as long, so that nobody decides without it any more. */
const MAX_AGE_MS = 100;

/** A merge stays for good: after an unlink the records are still where the merge took them, and so is what was agreed to about them. */
export function openMergedPatients(db: Db): MergedPatients {
  const groups = new Map<string, readonly string[]>();
  let last = '0';
  let readAtMs = Number.NEGATIVE_INFINITY;

  const insert = (prior: string, survivor: string) =>
    sql`insert into merged_patient (number, prior, survivor)
      select coalesce(max(number), 0) + 1, ${prior}::text, ${survivor}::text from merged_patient
      on conflict (prior, survivor) do nothing`.execute(db);

  return {
    async add(prior, survivor) {
      for (let attempt = 1; ; attempt++) {
        try {
          await insert(prior, survivor);
          return await delay(2 * MAX_AGE_MS);
        } catch (error) {
          const taken = (error as { code?: string }).code === UNIQUE_VIOLATION;
          if (!taken || attempt === MAX_ATTEMPTS) throw error;
        }
      }
    },
    async refresh() {
      const beganMs = performance.now();
      if (beganMs - readAtMs < MAX_AGE_MS) return;
      const { rows } = await sql<Merge>`select number::text as number, prior, survivor from merged_patient
        where number > ${last}::text::bigint order by number`.execute(db);
      for (const { number, prior, survivor } of rows) {
        const group = [...new Set([survivor, prior].flatMap((each) => groups.get(each) ?? [each]))];
        for (const patient of group) groups.set(patient, group);
        // Several may read at the same time, and none may lead it back.
        if (BigInt(number) > BigInt(last)) last = number;
      }
      readAtMs = Math.max(readAtMs, beganMs);
    },
    groupOf(patient) {
      const group = groups.get(patient);
      return group ? [patient, ...group.filter((each) => each !== patient)] : [patient];
    },
  };
}
