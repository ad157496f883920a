// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { buildGrant, type Grant } from '../../src/consent/build.ts';
import type { Requester } from '../../src/consent/consent.ts';
import { ProjectionTables } from '../../src/consent/projection/tables.ts';
import {
  type ConsentRulesOptions,
  type OpenConsentRules,
  openConsentRules,
} from '../../src/consent/rules.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { type EmbeddedChannel, openEmbeddedChannel } from '../../src/ledger/embedded/channel.ts';
import { type Ledger, type LedgerBlock, LedgerError } from '../../src/ledger/ledger.ts';
import { openLogger } from '../../src/operate/log.ts';
import { type DatabaseServer, type Db, openEmbedded, sql } from '../../src/store/sql/database.ts';

export const HOUR_MS = 3_600_000;
export const SECRET = randomBytes(32);

/** Pseudonyms of one organization: nobody else's are like them. */
export const pseudonymOf = (organization: string) => (text: string) =>
  createHmac('sha256', SECRET).update(`${organization} ${text}`).digest('base64url');

/** One organization's way to the ledger, which can be cut, and behind which private data may be late. */
export interface Line {
  readonly ledger: Ledger;
  down: boolean;
  /** Versions whose terms the peer doesn't have yet: `[pseudonym of the consent] [version]`, or `*` for all lists. */
  readonly late: Set<string>;
  /** Where following began, each time. */
  readonly followed: bigint[];
  /** Changes what a follower sees. */
  see: (block: LedgerBlock) => LedgerBlock;
}

export function lineTo(inner: Ledger): Line {
  const away = () => new LedgerError('UNAVAILABLE', 'no peer answers');
  const line: Line = {
    down: false,
    late: new Set(),
    followed: [],
    see: (block) => block,
    ledger: {
      height: async () => (line.down ? Promise.reject(away()) : inner.height()),
      submit: async (transaction) => (line.down ? Promise.reject(away()) : inner.submit(transaction)),
      evidence: (transactionId) => inner.evidence(transactionId),
      async evaluate(transaction) {
        if (line.down) throw away();
        const [, consent, version] = transaction.args;
        const name = transaction.name === 'List' ? '*' : `${consent} ${version}`;
        if (line.late.has(name)) throw new LedgerError('CONTRACT_FAILED', 'private data is not available');
        return inner.evaluate(transaction);
      },
      async *follow(from, signal) {
        if (line.down) throw away();
        line.followed.push(from);
        for await (const block of inner.follow(from, signal)) {
          if (line.down) throw away();
          yield line.see(block);
        }
      },
    },
  };
  return line;
}

/** A hospital and a clinic on one channel, and a clock that moves only when it is told. */
export interface TestNetwork {
  time: number;
  readonly channel: EmbeddedChannel;
  line(organization: string): Line;
  schema(name: string): Promise<Db>;
  open(organization: string, options?: Partial<ConsentRulesOptions>): Promise<OpenConsentRules>;
  close(): Promise<void>;
}

export async function openTestNetwork(database?: DatabaseServer): Promise<TestNetwork> {
  const server = database ?? (await openEmbedded());
  // On a server of others' nobody else may have these names, and opening the same one again is opening another instance.
  const prefix = `consent_${randomBytes(6).toString('hex')}`;
  const schemas = new Map<string, Db>();
  const schema = async (name: string) => {
    const db = await server.schema(`${prefix}_${name}`);
    schemas.set(`${prefix}_${name}`, db);
    return db;
  };
  const opened: OpenConsentRules[] = [];
  const lines: Line[] = [];
  const network: TestNetwork = {
    time: Date.now(),
    channel: await openEmbeddedChannel({
      ...{ db: await schema('ledger'), now: () => network.time, signingSecret: randomBytes(32) },
    }),
    line(organization) {
      const line = lineTo(network.channel.as({ mspId: mspOf(organization), name: 'bridge' }));
      lines.push(line);
      return line;
    },
    schema: (name) => schema(name),
    async open(organization, options = {}) {
      const rules = await openConsentRules({
        ledger: network.line(organization).ledger,
        channel: 'exchange',
        db: await schema(organization),
        secret: SECRET,
        participant: organization,
        pseudonym: pseudonymOf(organization),
        now: () => network.time,
        maxAgeMs: 30_000,
        logger: openLogger('silent'),
        ...options,
      });
      opened.push(rules);
      return rules;
    },
    async close() {
      for (const line of lines) line.down = false;
      await Promise.all(opened.map((rules) => rules.close()));
      await network.channel.close();
      if (database)
        for (const [name, db] of schemas) await sql`drop schema ${sql.id(name)} cascade`.execute(db);
      await server.close();
    },
  };
  return network;
}

export const mspOf = (organization: string) => `${organization[0]?.toUpperCase()}${organization.slice(1)}MSP`;

/** Everything the tables say of a channel, terms opened: two that are equal decide alike. */
export async function tablesOf(db: Db, channel: string): Promise<object> {
  const checkpoints = await sql`select origin, size, root, transaction_id, block, at
    from projection_checkpoint where channel = ${channel} order by origin, size`.execute(db);
  const tables = new ProjectionTables(db, channel, SECRET);
  const participants = [...(await tables.participants())].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { participants, consents: await tables.consents(), checkpoints: checkpoints.rows };
}

export function grantTo(
  to: string,
  patient: string,
  network: TestNetwork,
  more: Partial<Grant> = {},
): Resource {
  const from = network.time - 1000;
  return buildGrant({ id: randomUUID(), patient, to, from, until: from + HOUR_MS, ...more });
}

/** A refusal that beats every permit. */
export const refusing = (consent: Resource): Resource => ({ ...consent, provision: { type: 'deny' } });

export const observation = (patient: string): Resource => ({
  resourceType: 'Observation',
  id: randomUUID(),
  subject: { reference: `Patient/${patient}` },
});

/** `permit`, or why not. */
export async function answer(rules: OpenConsentRules, patient: string, who: string): Promise<string> {
  const requester: Requester = { participant: who, purpose: 'TREAT' };
  const [decision] = await rules.decide(requester, [observation(patient)]);
  assert.ok(decision);
  return decision.effect === 'deny' ? decision.reason : decision.effect;
}

export const notFresh = { name: 'ConsentError', code: 'NOT_FRESH' };
