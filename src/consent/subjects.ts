// SPDX-License-Identifier: Apache-2.0
import { type Db, sql } from '../store/sql/database.ts';

/** Whose pseudonym is whose, for the patients whose consents this bridge keeps. Several instances may share the table. */
export interface Subjects {
  /** Resolves when it will not be forgotten any more. */
  remember(patient: string): Promise<string>;
  /** Without asking the database: what is known here already. */
  pseudonymOf(patient: string): string | undefined;
  patientOf(pseudonym: string): Promise<string | undefined>;
  knownPatient(pseudonym: string): string | undefined;
}

export async function openSubjects(pseudonym: (patientId: string) => string, db?: Db): Promise<Subjects> {
  const patients = new Map<string, string>();
  const pseudonyms = new Map<string, string>();
  const learn = (subject: string, patient: string) => {
    patients.set(subject, patient);
    pseudonyms.set(patient, subject);
  };
  if (db) {
    const { rows } = await sql<Row>`select pseudonym, patient from consent_subject`.execute(db);
    for (const row of rows) learn(row.pseudonym, row.patient);
  }
  return {
    async remember(patient) {
      const known = pseudonyms.get(patient);
      if (known !== undefined) return known;
      const subject = pseudonym(patient);
      if (db)
        await sql`insert into consent_subject values (${subject}, ${patient}) on conflict do nothing`.execute(
          db,
        );
      learn(subject, patient);
      return subject;
    },
    pseudonymOf: (patient) => pseudonyms.get(patient),
    knownPatient: (subject) => patients.get(subject),
    async patientOf(subject) {
      const known = patients.get(subject);
      if (known !== undefined || !db) return known;
      const found =
        await sql<Row>`select pseudonym, patient from consent_subject where pseudonym = ${subject}`.execute(
          db,
        );
      const [row] = found.rows;
      if (row) learn(row.pseudonym, row.patient);
      return row?.patient;
    },
  };
}

interface Row {
  readonly pseudonym: string;
  readonly patient: string;
}
