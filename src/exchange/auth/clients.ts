// SPDX-License-Identifier: Apache-2.0
import { type Db, sql } from '../../store/sql/database.ts';
import { ClientError } from './errors.ts';
import { type PublicKey, readKeySet } from './keys.ts';
import { parseScopes, printScopes, type Scope } from './scopes.ts';

/** Software that may ask for tokens, on behalf of one participant. */
export interface Client {
  readonly id: string;
  readonly participant: string;
  readonly name: string;
  readonly keys: readonly PublicKey[];
  readonly scopes: readonly Scope[];
  /** v3 PurposeOfUse codes it may name; the first is its default. */
  readonly purposes: readonly string[];
  readonly active: boolean;
}

/** As an operator writes it; checked by `add`. */
export interface ClientRegistration {
  readonly id: string;
  readonly participant: string;
  readonly name?: string;
  readonly jwks: unknown;
  /** Space-separated, such as `system/*.rs`. */
  readonly scope: string;
  readonly purposes?: readonly string[];
}

export interface ClientRegistry {
  /** Throws ClientError CLIENT_INVALID, or CLIENT_EXISTS: an id is never given to another client. */
  add(registration: ClientRegistration): Promise<Client>;
  list(): Promise<Client[]>;
  /** At once here, and within `FRESH_MS` in the other instances that share the database. Throws ClientError CLIENT_UNKNOWN. */
  suspend(id: string): Promise<void>;
  /** Also a suspended one, as it was at most `FRESH_MS` ago. */
  find(id: string): Promise<Client | undefined>;
}

/** So old may what another instance changed be here. A look at the database for each request would cost more than the read itself. */
export const FRESH_MS = 1_000;
const MAX_REMEMBERED = 10_000;

interface ClientRow {
  id: string;
  participant: string;
  name: string;
  jwks: string;
  scopes: string;
  purposes: string;
  active: boolean;
}

export function openClientRegistry(db: Db, now: () => number): ClientRegistry {
  const remembered = new Map<string, { at: number; client: Promise<Client | undefined> }>();

  async function load(id: string): Promise<Client | undefined> {
    const { rows } = await sql<ClientRow>`select * from client where id = ${id}`.execute(db);
    return rows[0] && clientOf(rows[0]);
  }

  return {
    async add(registration) {
      const client = await readRegistration(registration);
      const { rows } = await sql`
        insert into client (id, participant, name, jwks, scopes, purposes, active, registered_at)
        values (${client.id}, ${client.participant}, ${client.name}, ${JSON.stringify(client.keys)},
          ${printScopes(client.scopes)}, ${client.purposes.join(' ')}, true, ${new Date(now()).toISOString()})
        on conflict (id) do nothing returning id`.execute(db);
      if (rows.length === 0)
        throw new ClientError('CLIENT_EXISTS', `client ${client.id} is already registered`);
      remembered.delete(client.id);
      return client;
    },
    async list() {
      const { rows } = await sql<ClientRow>`select * from client order by id`.execute(db);
      return rows.map(clientOf);
    },
    async suspend(id) {
      const { rows } = await sql`update client set active = false where id = ${id} returning id`.execute(db);
      remembered.delete(id);
      if (rows.length === 0) throw new ClientError('CLIENT_UNKNOWN', `there is no client ${id}`);
    },
    find(id) {
      const known = remembered.get(id);
      if (known && now() - known.at < FRESH_MS) return known.client;
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      const client = load(id);
      remembered.set(id, { at: now(), client });
      // A failure must not be remembered as an answer.
      client.catch(() => remembered.delete(id));
      return client;
    },
  };
}

function clientOf(row: ClientRow): Client {
  return {
    id: row.id,
    participant: row.participant,
    name: row.name,
    keys: JSON.parse(row.jwks) as PublicKey[],
    scopes: parseScopes(row.scopes).scopes,
    purposes: row.purposes.split(' '),
    active: row.active,
  };
}

async function readRegistration(given: ClientRegistration): Promise<Client> {
  const refuse = (why: string): never => {
    throw new ClientError('CLIENT_INVALID', why);
  };
  if (!matches(given.id, /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/))
    refuse('id: expected letters, digits, ".", "_", "-"; at most 64');
  if (!matches(given.participant, /^[a-z][a-z0-9_-]{0,63}$/))
    refuse('participant: expected the id of a participant on the ledger');
  if (given.name !== undefined && (typeof given.name !== 'string' || given.name.length > 200))
    refuse('name: expected at most 200 characters');
  const { scopes, unknown } = parseScopes(typeof given.scope === 'string' ? given.scope : '');
  if (unknown.length > 0 || scopes.length === 0)
    refuse('scope: expected SMART scopes such as "system/Patient.rs system/Observation.rs"');
  const purposes = given.purposes?.length ? given.purposes : ['TREAT'];
  if (!Array.isArray(purposes) || !purposes.every((code) => matches(code, /^[A-Z][A-Z0-9_]{1,31}$/))) {
    refuse('purposes: expected codes of v3 PurposeOfUse such as TREAT');
  }
  const keys = await readKeySet(given.jwks);
  return {
    id: given.id,
    participant: given.participant,
    name: given.name ?? given.id,
    keys,
    scopes,
    purposes,
    active: true,
  };
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}
