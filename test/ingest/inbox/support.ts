// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { after } from 'node:test';
import type { Resource } from '../../../src/fhir/resource.ts';
import type { Message } from '../../../src/ingest/hl7/message.ts';
import { Hl7Error, readMessage } from '../../../src/ingest/hl7/message.ts';
import { type Answer, type Inbox, type InboxOptions, openInbox } from '../../../src/ingest/inbox.ts';
import type { Conversion, ConversionEntry, Normalizer } from '../../../src/normalize/convert.ts';
import { openLogger } from '../../../src/operate/log.ts';
import type { Keyring } from '../../../src/store/keys/keyring.ts';
import { seal, unseal } from '../../../src/store/keys/seal.ts';
import { type DatabaseServer, type Db, openEmbedded } from '../../../src/store/sql/database.ts';
import { MemoryStore } from './memory-store.ts';

export const VIA = { transport: 'mllp', peer: 'test' } as const;

let server: Promise<DatabaseServer> | undefined;
let schemas = 0;
after(async () => (await server)?.close());

/** A schema of its own in one embedded database per test file. */
export async function freshDb(): Promise<Db> {
  server ??= openEmbedded();
  schemas += 1;
  return (await server).schema(`inbox_${schemas}`);
}

/** A keyring whose secrets live as long as the object. */
export function memoryKeyring(): Keyring & { wraps: number } {
  const kek = randomBytes(32);
  const secrets = new Map<string, Buffer>();
  return {
    wraps: 0,
    async wrap(key, context) {
      this.wraps += 1;
      return seal(kek, key, context);
    },
    async unwrap(wrapped, context) {
      const key = unseal(kek, wrapped, context);
      if (!key) throw new Error('UNWRAP_FAILED');
      return key;
    },
    async secret(purpose) {
      const secret = secrets.get(purpose) ?? randomBytes(32);
      secrets.set(purpose, secret);
      return secret;
    },
  };
}

export interface Bench extends InboxOptions {
  readonly store: MemoryStore;
  readonly opened: Inbox[];
  open(options?: Partial<InboxOptions>): Promise<Inbox>;
}

/** What an inbox needs, with a store in memory; every inbox opened on it is closed after the test. */
export async function bench(t: { after(hook: () => Promise<void>): void }, given?: Db): Promise<Bench> {
  const db = given ?? (await freshDb());
  const keyring = memoryKeyring();
  const store = new MemoryStore(db);
  const opened: Inbox[] = [];
  const logger = openLogger('silent');
  const options = { db, keyring, store, normalizer, participant: 'hospital', now: Date.now, logger };
  t.after(async () => {
    for (const inbox of opened) await inbox.close();
  });
  return {
    ...options,
    opened,
    async open(further = {}) {
      const inbox = await openInbox({ ...options, limits: { retryMs: 1 }, ...further });
      opened.push(inbox);
      return inbox;
    },
  };
}

export interface Sketch {
  control?: string;
  type?: string;
  patient?: string;
  prior?: string;
  name?: string;
  birth?: string;
  value?: string;
  modes?: string;
  sender?: string;
}

/** A small message; everything that is not given is ordinary. */
export function message(sketch: Sketch = {}): Buffer {
  const { control = 'C1', type = 'ADT^A08', patient = 'P1', name = 'Quillfeather^Marta' } = sketch;
  const { birth = '19700101', modes = '', sender = 'LAB|HARBOUR' } = sketch;
  const segments = [
    `MSH|^~\\&|${sender}|MOORING|HOSP|20240101120000||${type}|${control}|P|2.5.1|||${modes}`,
    `PID|1||${patient}^^^HARBOUR^MR||${name}||${birth}`,
    ...(sketch.prior ? [`MRG|${sketch.prior}^^^HARBOUR^MR`] : []),
    ...(sketch.value ? [`OBX|1|ST|718-7^Hb^LN||${sketch.value}||||||F`] : []),
    'ZZZ|local',
  ];
  return Buffer.from(`${segments.join('\r')}\r`);
}

export function code(answer: Answer | Buffer | undefined): string {
  const bytes = Buffer.isBuffer(answer) ? answer : answer?.now;
  return bytes ? (readMessage(bytes.toString()).segment('MSA')?.value(1) ?? '') : '';
}

/** ERR-2 and ERR-3.1 of an acknowledgment, such as `MSH^1^10 205`. */
export function fault(answer: Answer | Buffer | undefined): string {
  const bytes = Buffer.isBuffer(answer) ? answer : answer?.now;
  const err = bytes && readMessage(bytes.toString()).segment('ERR');
  return err ? `${err.raw(2)} ${err.value(3)}` : '';
}

export const idOf = (patient: string): string =>
  createHash('sha256').update(patient).digest('hex').slice(0, 32);

/** As much of a normalizer as the inbox needs to be told of: patients, observations, merges and faults. */
export const normalizer: Normalizer = {
  convert(message) {
    const type = message.header.value(9);
    if (type !== 'ADT' && type !== 'ORU') throw new Hl7Error('200', 'no such message', at('MSH', 9));
    if (!/^\d{8}$/.test(message.segment('PID')?.value(7) ?? '')) {
      throw new Hl7Error('102', 'PID-7 is no date', at('PID', 7));
    }
    return conversionOf(message);
  },
};

function conversionOf(message: Message): Conversion {
  const pid = message.segment('PID')!;
  const survivor = patientEntry(pid.value(3), {
    name: [{ family: pid.value(5), given: [pid.value(5, 1, 2)] }],
  });
  const entries = [survivor];
  const merged = message.segment('MRG')?.value(1);
  const prior = merged ? patientEntry(merged, { active: false }) : undefined;
  if (prior) entries.push(prior);
  const obx = message.segment('OBX');
  if (obx) entries.push(observationEntry(survivor, `${pid.value(3)}/${obx.value(3)}`, obx.value(5)));
  return {
    bundle: {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: entries.map(({ resource }) => ({ resource })),
    },
    entries,
    unmapped: [{ segment: 'ZZZ', sequence: 1, field: 1, repetition: 1 }],
    dropped: [],
    issues: [],
    unknownCodes: [],
    origins: [{ resource: survivor.fullUrl, path: 'Patient.name', field: 'PID-5', row: 'segments/PID 5' }],
    ...(prior
      ? {
          merges: [
            {
              survivor: { knownBy: survivor.knownBy, fullUrl: survivor.fullUrl },
              prior: { knownBy: prior.knownBy, fullUrl: prior.fullUrl },
            },
          ],
        }
      : {}),
  };
}

function patientEntry(value: string, elements: Record<string, unknown>): ConversionEntry {
  const id = idOf(value);
  const identifier = [{ system: 'urn:id:HARBOUR', value }];
  const resource: Resource = { resourceType: 'Patient', id, identifier, ...elements };
  return {
    fullUrl: `urn:uuid:${id}`,
    resource,
    removed: [],
    knownBy: [`identifier|urn:id:HARBOUR|${value}`],
  };
}

function observationEntry(patient: ConversionEntry, key: string, value: string): ConversionEntry {
  const id = idOf(key);
  const resource: Resource = {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
    subject: { reference: `Patient/${patient.resource.id}` },
    valueString: value,
  };
  return { fullUrl: `urn:uuid:${id}`, resource, removed: [], knownBy: [] };
}

const at = (segment: string, field: number) => ({ segment, sequence: 1, field });
