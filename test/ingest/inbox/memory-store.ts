// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { FhirError } from '../../../src/fhir/outcome.ts';
import { rewriteReferences } from '../../../src/fhir/references.ts';
import type { Resource } from '../../../src/fhir/resource.ts';
import { patientsOf } from '../../../src/fhir/search/compartment.ts';
import { matches } from '../../../src/fhir/search/matches.ts';
import type { Search } from '../../../src/fhir/search/query.ts';
import { type Db, sql } from '../../../src/store/sql/database.ts';
import type { Change, ChangeResult, Committed, Store, Stored, Unit } from '../../../src/store/store.ts';

/** A store in memory that settles the inbox like the real one, and whose commits a test can delay or fail. */
export class MemoryStore implements Store {
  readonly versions = new Map<string, Stored[]>();
  readonly audits: Resource[] = [];
  /** Ids of inbox messages in the order in which their units were committed. */
  readonly settled: string[] = [];
  readonly #db: Db;
  /** Awaited before each commit; throw here to make it fail. */
  before: (unit: Unit) => Promise<void> = async () => {};

  constructor(db: Db) {
    this.#db = db;
  }

  async commit(unit: Unit): Promise<Committed> {
    await this.before(unit);
    if (unit.settles) {
      const { rows } = await sql<{ id: string }>`update inbox set status = 'processed',
        processed_at = ${new Date().toISOString()}::text::timestamptz
        where id = ${unit.settles.inboxId} and status <> 'processed' returning id`.execute(this.#db);
      if (rows.length === 0) return { results: [], audits: [] };
      this.settled.push(unit.settles.inboxId);
    }
    const names = new Map<string, string>();
    const results = unit.changes.map((change) => this.#apply(change, names));
    for (const draft of unit.audit?.(results) ?? []) this.audits.push(draft.event);
    return { results, audits: [] };
  }

  async read(type: string, id: string, version?: number): Promise<Stored | undefined> {
    const versions = this.versions.get(`${type}/${id}`) ?? [];
    return version === undefined ? versions.at(-1) : versions[version - 1];
  }

  async *history(type: string, id: string): AsyncIterable<Stored> {
    yield* [...(this.versions.get(`${type}/${id}`) ?? [])].reverse();
  }

  async *search(search: Search): AsyncIterable<Stored> {
    for (const stored of this.all()) if (matches(stored.resource, search)) yield stored;
  }

  all(): Stored[] {
    return [...this.versions.values()].map((versions) => versions.at(-1)!);
  }

  #apply(change: Change, names: Map<string, string>): ChangeResult {
    if (change.op === 'delete') throw new Error('no message deletes');
    const known =
      change.op === 'merge' ? this.#known(change.resource.resourceType, change.knownBy) : undefined;
    const id = known?.id ?? change.resource.id!;
    if (known) names.set(`Patient/${change.resource.id}`, `Patient/${known.id}`);
    const resource = rewriteReferences(change.resource, names);
    const current = known ?? this.versions.get(`${resource.resourceType}/${id}`)?.at(-1);
    if (change.op === 'create' && current) return { outcome: 'unchanged', stored: current };
    if (change.op === 'update' && change.ifMatch !== current?.version) {
      throw FhirError.of(412, 'conflict', 'another version');
    }
    const said =
      change.op === 'merge' ? { ...without(current?.resource, change.removed), ...resource, id } : resource;
    if (current && JSON.stringify(said) === JSON.stringify(current.resource)) {
      return { outcome: 'unchanged', stored: current };
    }
    return { outcome: current ? 'updated' : 'created', stored: this.#put(said, (current?.version ?? 0) + 1) };
  }

  #known(type: string, tokens: readonly string[]): Stored | undefined {
    const where = [{ kind: 'token', anyOf: tokens, negated: false } as const];
    const sort = { by: 'updated', descending: false } as const;
    return tokens.length === 0
      ? undefined
      : this.all().find(
          ({ resource }) => resource.resourceType === type && matches(resource, { type, where, sort }),
        );
  }

  #put(resource: Resource, version: number): Stored {
    const [patient] = patientsOf(resource);
    const { resourceType: type, id = '' } = resource;
    const stored: Stored = {
      ...{ type, id, version, resource, updated: new Date().toISOString(), deleted: false },
      ...(patient ? { patient } : {}),
      ...{
        canonical: JSON.stringify(resource),
        salt: randomBytes(32),
        leafIndex: 0,
        leaf: randomBytes(34),
        cursor: '',
      },
    };
    const key = `${type}/${id}`;
    this.versions.set(key, [...(this.versions.get(key) ?? []), stored]);
    return stored;
  }
}

function without(resource: Resource | undefined, removed: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(resource ?? {}).filter(([name]) => !removed.includes(name)));
}
