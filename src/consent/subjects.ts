// SPDX-License-Identifier: Apache-2.0
import { LedgerError } from '../ledger/ledger.ts';
import { type Db, sql } from '../store/sql/database.ts';

/** A pseudonym on the ledger: the organization's own for a patient, or another organization's that was linked to one. */
export interface Subject {
  readonly subject: string;
  readonly patient: string;
  /** What the ledger says of it is in the projection, also from before it was linked. */
  readonly loaded: boolean;
}

/** Whose pseudonym is whose, for the patients whose consents this bridge keeps. Several instances may share the tables. */
export interface Subjects {
  /** Answers the own pseudonym, and resolves when it will not be forgotten any more. */
  remember(patient: string): Promise<string>;
  /** Says that another organization's pseudonym means this patient. Throws LedgerError('PARTICIPANT_EXISTS') when it means another. */
  link(patient: string, subject: string): Promise<void>;
  /** All pseudonyms that are known here of a patient, the own one first. */
  of(patient: string): readonly string[];
  /** Without asking the database: what is known here already. */
  patientOf(subject: string): string | undefined;
  /** Asks the database for what another instance may have added; `learn` then takes it in. */
  lookUp(subject: string): Promise<Subject | undefined>;
  learn(subject: Subject): void;
  /** Linked, and their consents still to be taken over. */
  unloaded(): readonly string[];
  isLoaded(subject: string): boolean;
  isOwn(subject: string): boolean;
}

export interface SubjectsOptions {
  readonly db: Db;
  readonly channel: string;
  /** Of this channel: what was remembered for another one isn't taken for its own. */
  readonly pseudonym: (patientId: string) => string;
}

export async function openSubjects({ db, channel, pseudonym }: SubjectsOptions): Promise<Subjects> {
  const subjects = new Map<string, Subject>();
  const ofPatient = new Map<string, readonly string[]>();
  const unloaded = new Set<string>();

  const learn = (found: Subject) => {
    const { subject, patient } = found;
    subjects.set(subject, found);
    if (found.loaded) unloaded.delete(subject);
    else unloaded.add(subject);
    const known = ofPatient.get(patient) ?? [];
    if (known.includes(subject)) return;
    const own = pseudonym(patient);
    const others = [...known, subject].filter((each) => each !== own).sort();
    ofPatient.set(patient, subject === own || known.includes(own) ? [own, ...others] : others);
  };

  const rows = async (subject?: string): Promise<readonly Subject[]> => {
    const own = subject === undefined ? sql`` : sql`where pseudonym = ${subject}`;
    const linked = subject === undefined ? sql`` : sql`and subject = ${subject}`;
    const remembered = await sql<Subject>`
      select pseudonym as subject, patient, true as loaded from consent_subject ${own}`.execute(db);
    const links = await sql<Subject>`
      select subject, patient, loaded from consent_link where channel = ${channel} ${linked}`.execute(db);
    const ofThisChannel = remembered.rows.filter((row) => pseudonym(row.patient) === row.subject);
    return [...ofThisChannel, ...links.rows];
  };

  for (const row of await rows()) learn(row);
  return {
    async remember(patient) {
      const subject = ofPatient.get(patient)?.[0];
      const own = pseudonym(patient);
      if (subject === own) return own;
      await sql`insert into consent_subject values (${own}, ${patient}) on conflict do nothing`.execute(db);
      learn({ subject: own, patient, loaded: true });
      return own;
    },
    async link(patient, subject) {
      const [taken] = await rows(subject);
      if (taken && taken.patient !== patient) throw means(subject);
      if (taken) return learn(taken);
      await sql`insert into consent_link values (${channel}, ${subject}, ${patient}, false) on conflict do nothing`.execute(
        db,
      );
      const [now] = await rows(subject);
      if (now?.patient !== patient) throw means(subject);
      learn(now);
    },
    of: (patient) => ofPatient.get(patient) ?? [],
    patientOf: (subject) => subjects.get(subject)?.patient,
    lookUp: async (subject) => (await rows(subject))[0],
    learn,
    unloaded: () => [...unloaded],
    isLoaded: (subject) => !unloaded.has(subject),
    isOwn: (subject) => {
      const patient = subjects.get(subject)?.patient;
      return patient !== undefined && pseudonym(patient) === subject;
    },
  };
}

function means(subject: string): LedgerError {
  return new LedgerError('PARTICIPANT_EXISTS', `${subject} means another patient`);
}
