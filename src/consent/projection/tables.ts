// SPDX-License-Identifier: Apache-2.0
import type { ConsentTerms } from '@mooring/chaincode/terms';
import { seal, unseal } from '../../store/keys/seal.ts';
import { type Db, sql } from '../../store/sql/database.ts';
import type { CheckpointView } from '../history.ts';
import type { Changes, KnownConsent, KnownParticipant } from './changes.ts';
import { insertCheckpoints } from './checkpoints.ts';

/** How far the tables are. `epoch` tells one rebuilding from the next. */
export interface Position {
  readonly next: bigint;
  readonly epoch: bigint;
}

/**
 * `moved`: the block is in the tables now. `before`: another instance had applied it. `rebuilt`: the tables were begun anew since, and
 * what is known in memory has to be as well.
 */
export type Moved = 'moved' | 'before' | 'rebuilt';

/** A statement has at most 65,535 parameters; a row here six. */
const ROWS_A_STATEMENT = 1000;

/** The durable copy of one channel. Several instances may write: each block is applied by exactly one of them. */
export class ProjectionTables {
  readonly #db: Db;
  readonly #channel: string;
  readonly #secret: Uint8Array;

  constructor(db: Db, channel: string, secret: Uint8Array) {
    this.#db = db;
    this.#channel = channel;
    this.#secret = secret;
  }

  /** Read before the rows, so that the rows are of this position or newer. */
  async position(): Promise<Position> {
    const channel = this.#channel;
    await sql`insert into projection_position values (${channel}, 0, 0) on conflict do nothing`.execute(
      this.#db,
    );
    const { rows } = await sql<{ next: number; epoch: number }>`
      select next, epoch from projection_position where channel = ${channel}`.execute(this.#db);
    return { next: BigInt(rows[0]?.next ?? 0), epoch: BigInt(rows[0]?.epoch ?? 0) };
  }

  async participants(): Promise<readonly KnownParticipant[]> {
    const { rows } = await sql<KnownParticipant>`
      select id, role, msp as "mspId", status from projection_participant where channel = ${this.#channel}`.execute(
      this.#db,
    );
    return rows;
  }

  /** Of one subject, or of all. */
  async consents(subject?: string): Promise<readonly KnownConsent[]> {
    const of = subject === undefined ? sql`` : sql`and subject = ${subject}`;
    const { rows } = await sql<Omit<KnownConsent, 'terms'> & { readonly terms: Uint8Array | null }>`
      select subject, consent, version, status, terms from projection_consent
      where channel = ${this.#channel} ${of} order by subject, consent`.execute(this.#db);
    return rows.map(({ terms: sealed, ...consent }) => {
      const terms = sealed ? this.#open(consent, sealed) : undefined;
      return terms ? { ...consent, terms } : consent;
    });
  }

  /** Writes what a block changes together with the new position. Answers the checkpoints that contradict what is known, too. */
  async apply(
    block: bigint,
    epoch: bigint,
    changes: Changes,
  ): Promise<{ readonly moved: Moved; readonly contradictions: readonly CheckpointView[] }> {
    return this.#db.transaction().execute(async (trx) => {
      const moved = await this.#move(trx, block + 1n, epoch);
      if (moved !== 'moved') return { moved, contradictions: [] };
      const channel = this.#channel;
      for (const subject of changes.erased)
        await sql`delete from projection_consent where channel = ${channel} and subject = ${subject}`.execute(
          trx,
        );
      for (const { subject, consent, version } of changes.forgotten)
        await sql`delete from projection_consent where channel = ${channel} and subject = ${subject}
          and consent = ${consent} and version <= ${version}`.execute(trx);
      await this.#putConsents(trx, changes.consents);
      for (const { id, role, mspId, status } of changes.participants)
        await sql`insert into projection_participant values (${channel}, ${id}, ${role}, ${mspId}, ${status})
          on conflict (channel, id) do update set role = excluded.role, msp = excluded.msp, status = excluded.status`.execute(
          trx,
        );
      return { moved, contradictions: await insertCheckpoints(trx, channel, changes.checkpoints) };
    });
  }

  /** Past blocks that change nothing here. */
  moveTo(next: bigint, epoch: bigint): Promise<Moved> {
    return this.#move(this.#db, next, epoch);
  }

  /** Begins anew at a block. From the first one on nothing is kept; later ones are put right by what comes again. */
  async restart(from: bigint): Promise<void> {
    const channel = this.#channel;
    await this.#db.transaction().execute(async (trx) => {
      await sql`update projection_position set next = ${from}, epoch = epoch + 1 where channel = ${channel}`.execute(
        trx,
      );
      await sql`delete from projection_checkpoint where channel = ${channel} and block >= ${from}`.execute(
        trx,
      );
      if (from > 0n) return;
      await sql`delete from projection_consent where channel = ${channel}`.execute(trx);
      await sql`delete from projection_participant where channel = ${channel}`.execute(trx);
    });
  }

  /**
   * Takes over the consents of a subject that was linked, read from the ledger when the tables were at `position`. `false`: they have
   * moved since, and what was read may be older than what they say.
   */
  async takeOver(subject: string, consents: readonly KnownConsent[], position: Position): Promise<boolean> {
    const channel = this.#channel;
    return this.#db.transaction().execute(async (trx) => {
      const { rows } = await sql`update projection_position set next = next
        where channel = ${channel} and epoch = ${position.epoch} and next = ${position.next} returning next`.execute(
        trx,
      );
      if (rows.length === 0) return false;
      await this.#putConsents(trx, consents);
      await sql`update consent_link set loaded = true where channel = ${channel} and subject = ${subject}`.execute(
        trx,
      );
      return true;
    });
  }

  /** The terms of a version that had none. `erased`: there will never be any. */
  async settle(consent: KnownConsent, terms: ConsentTerms | 'erased'): Promise<void> {
    const which = sql`where channel = ${this.#channel} and subject = ${consent.subject}
      and consent = ${consent.consent} and version = ${consent.version}`;
    await (terms === 'erased'
      ? sql`delete from projection_consent ${which}`
      : sql`update projection_consent set terms = ${this.#seal(consent, terms)} ${which}`
    ).execute(this.#db);
  }

  async #move(db: Db, next: bigint, epoch: bigint): Promise<Moved> {
    const { rows } = await sql`update projection_position set next = ${next}
      where channel = ${this.#channel} and epoch = ${epoch} and next < ${next} returning next`.execute(db);
    if (rows.length > 0) return 'moved';
    const { rows: now } = await sql<{ epoch: number }>`
      select epoch from projection_position where channel = ${this.#channel}`.execute(db);
    return BigInt(now[0]?.epoch ?? -1) === epoch ? 'before' : 'rebuilt';
  }

  async #putConsents(db: Db, consents: readonly KnownConsent[]): Promise<void> {
    for (let from = 0; from < consents.length; from += ROWS_A_STATEMENT) {
      const rows = consents.slice(from, from + ROWS_A_STATEMENT).map((each) => {
        const terms = each.terms ? this.#seal(each, each.terms) : null;
        return sql`(${this.#channel}, ${each.subject}, ${each.consent}, ${each.version}::integer, ${each.status}, ${terms}::bytea)`;
      });
      await sql`insert into projection_consent as known values ${sql.join(rows)}
        on conflict (channel, subject, consent) do update set version = excluded.version, status = excluded.status,
          terms = case when excluded.version = known.version then coalesce(excluded.terms, known.terms) else excluded.terms end
        where excluded.version >= known.version`.execute(db);
    }
  }

  #seal(consent: KnownConsent, terms: ConsentTerms): Buffer {
    return seal(this.#secret, Buffer.from(JSON.stringify(terms), 'utf8'), this.#context(consent));
  }

  /** `undefined` when they were changed, moved, or sealed with another secret: then the ledger is asked again. */
  #open(consent: Omit<KnownConsent, 'terms'>, sealed: Uint8Array): ConsentTerms | undefined {
    const plain = unseal(this.#secret, sealed, this.#context(consent));
    return plain && (JSON.parse(plain.toString('utf8')) as ConsentTerms);
  }

  #context({ subject, consent, version }: Omit<KnownConsent, 'terms'>): string {
    return JSON.stringify(['consent terms', this.#channel, subject, consent, version]);
  }
}
