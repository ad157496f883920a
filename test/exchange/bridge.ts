// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express, { type RequestHandler } from 'express';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import supertest from 'supertest';
import type { ConsentRules } from '../../src/consent/consent.ts';
import type { ClientRegistry } from '../../src/exchange/auth/clients.ts';
import { openExchange } from '../../src/exchange/exchange.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { openLogger } from '../../src/operate/log.ts';
import { openFileKeyring } from '../../src/store/keys/file.ts';
import { type DatabaseServer, type Db, openEmbedded } from '../../src/store/sql/database.ts';
import { openStore } from '../../src/store/sql/store.ts';
import type { Store } from '../../src/store/store.ts';
import { HeldStore, ToldConsent } from './stand-ins.ts';

/** A hospital's exchange on a real store, listening; consent says what the test tells it to. */
export interface Hospital {
  readonly url: string;
  readonly http: ReturnType<typeof supertest>;
  readonly consent: ToldConsent;
  readonly store: Store;
  readonly held: HeldStore;
  readonly clients: ClientRegistry;
  readonly db: Db;
  readonly authorizeSender: RequestHandler;
  readonly log: string[];
  readonly clock: { skewMs: number };
  readonly proofs: { damaged: boolean };
  /** A registered client and its bearer token. */
  client(options?: Partial<ClientOptions>): Promise<{ id: string; privateKey: CryptoKey; token: string }>;
  assertion(client: { id: string; privateKey: CryptoKey }, changes?: AssertionChanges): Promise<string>;
  askToken(assertion: string, more?: Record<string, string>): supertest.Test;
  /** AuditEvents about a patient, oldest first. */
  audits(patient: string): Promise<Resource[]>;
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly participant: string;
  readonly scope: string;
  readonly purposes: readonly string[];
}

export interface AssertionChanges {
  readonly alg?: string;
  readonly kid?: string;
  readonly aud?: string;
  readonly iss?: string;
  readonly sub?: string;
  readonly jti?: string;
  readonly lifeS?: number;
  readonly key?: CryptoKey | Uint8Array;
}

export async function openHospital(
  options: {
    maxBodyBytes?: number;
    requestsPerMinute?: number;
    /** Instead of the rules that say what the test tells them to. */
    rules?: (server: DatabaseServer, now: () => number) => Promise<ConsentRules>;
  } = {},
): Promise<Hospital> {
  const folder = await mkdtemp(join(tmpdir(), 'mooring-exchange-'));
  const database = await openEmbedded();
  const db = await database.schema('hospital');
  const keyring = await openFileKeyring(join(folder, 'keys'));
  const clock = { skewMs: 0 };
  const now = () => Date.now() + clock.skewMs;
  const store = await openStore({ db, keyring, now });
  const held = new HeldStore(store);
  const consent = new ToldConsent('hospital');
  const log: string[] = [];
  const logger = openLogger('info', { write: (line: string) => void log.push(line) });
  const proofs = { damaged: false };
  const app = express();
  const server: Server = createServer(app);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const exchange = await openExchange({
    ...{
      store: held,
      consent: options.rules ? await options.rules(database, now) : consent,
      keyring,
      db,
      now,
      logger,
      participant: 'hospital',
      roleOf: async () => undefined,
      baseUrl: () => url,
    },
    ...(options.maxBodyBytes ? { maxBodyBytes: options.maxBodyBytes } : {}),
    ...(options.requestsPerMinute ? { requestsPerMinute: options.requestsPerMinute } : {}),
    proofs: {
      verify: async (type, id) =>
        (await store.read(type, id)) && {
          resourceType: 'Parameters',
          parameter: [{ name: 'verified', valueBoolean: !proofs.damaged }],
        },
      receipt: async (_asking, type, id) =>
        (await store.read(type, id)) && { version: 1, of: `${type}/${id}` },
    },
  });
  app.use(exchange.router);
  const http = supertest(server);

  const hospital: Hospital = {
    authorizeSender: exchange.authorizeSender,
    ...{ url, http, consent, store, held, db, log, clock, proofs, clients: exchange.clients },
    async client({ participant = 'hospital', scope = 'system/*.cruds', purposes = ['TREAT'] } = {}) {
      const id = `client-${randomUUID()}`;
      const { privateKey, publicKey } = await generateKeyPair('ES384', { extractable: true });
      const jwk: JWK = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES384' };
      await exchange.clients.add({ id, participant, jwks: { keys: [jwk] }, scope, purposes });
      const response = await hospital.askToken(await hospital.assertion({ id, privateKey }), { scope });
      return { id, privateKey, token: response.body.access_token };
    },
    async assertion({ id, privateKey }, changes = {}) {
      const nowS = Math.floor(now() / 1000);
      return new SignJWT({})
        .setProtectedHeader({ alg: changes.alg ?? 'ES384', kid: changes.kid ?? 'k1', typ: 'JWT' })
        .setIssuer(changes.iss ?? id)
        .setSubject(changes.sub ?? id)
        .setAudience(changes.aud ?? `${url}/oauth2/token`)
        .setJti(changes.jti ?? randomUUID())
        .setExpirationTime(nowS + (changes.lifeS ?? 240))
        .sign(changes.key ?? privateKey);
    },
    askToken: (assertion, more = {}) =>
      http
        .post('/oauth2/token')
        .type('form')
        .send({
          grant_type: 'client_credentials',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: assertion,
          ...('scope' in more ? {} : { scope: 'system/*.rs' }),
          ...more,
        }),
    async audits(patient) {
      const found: Resource[] = [];
      const sort = { by: 'updated', descending: false } as const;
      const where = [{ kind: 'token', anyOf: [`patient|Patient/${patient}`], negated: false }] as const;
      for await (const { resource } of store.search({ type: 'AuditEvent', where, sort }))
        found.push(resource);
      return found;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await store.close();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return hospital;
}

export function patient(id: string, family = 'Harbour'): Resource {
  return {
    resourceType: 'Patient',
    id,
    identifier: [{ system: 'urn:oid:1.2.3', value: `mrn-${id}` }],
    name: [{ family, given: ['Ada'] }],
    birthDate: '1980-03-01',
  };
}

export function observation(id: string | undefined, subject: string, code = '718-7'): Resource {
  return {
    resourceType: 'Observation',
    ...(id === undefined ? {} : { id }),
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code }] },
    subject: { reference: `Patient/${subject}` },
    effectiveDateTime: '2026-03-01T12:00:00Z',
    valueQuantity: { value: 13.5, unit: 'g/dL' },
  };
}

/** A page as a client sees it. */
export interface PageBody {
  readonly entry?: { readonly resource: Resource & { id: string } }[];
  readonly link: { readonly relation: string; readonly url: string }[];
}

export function nextOf({ link }: PageBody): string | undefined {
  return link.find(({ relation }) => relation === 'next')?.url;
}

/** The codes of an AuditEvent that tell what happened. */
export function gist(event: Resource): string {
  const [subtype] = event['subtype'] as { code: string }[];
  return `${event['action']} ${subtype?.code} ${event['outcome']}`;
}
