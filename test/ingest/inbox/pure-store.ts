// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { canonicalize } from '../../../src/fhir/canonical.ts';
import type { Search } from '../../../src/fhir/search/query.ts';
import { planUnits } from '../../../src/ingest/inbox/plan.ts';
import type { Conversion } from '../../../src/normalize/convert.ts';
import type { ChangeResult, Committed, Store, Stored, Unit } from '../../../src/store/store.ts';
import { applyUnit } from '../../../src/store/unit/apply.ts';
import { prepare } from '../../../src/store/unit/prepare.ts';
import { Present } from '../../../src/store/unit/present.ts';

/** The store's own rules without a database: quick enough for hundreds of histories. */
export class PureStore implements Store {
  readonly #present = new Present();
  readonly #names = new Map<string, { type: string; id: string }>();

  async commit(unit: Unit): Promise<Committed> {
    const surroundings = { newId: randomUUID, updated: '2026-06-01T00:00:00.000Z', source: undefined };
    const { results } = applyUnit(prepare(unit), this.#present, surroundings, 0);
    for (const { stored } of results)
      this.#names.set(`${stored.type}/${stored.id}`, { type: stored.type, id: stored.id });
    return { results, audits: [] };
  }

  async read(type: string, id: string): Promise<Stored | undefined> {
    return this.#present.current(type, id);
  }

  async *history(): AsyncIterable<Stored> {}

  async *search(search: Search): AsyncIterable<Stored> {
    yield* this.#present.find(search);
  }

  /** Does what the inbox does with a message. */
  async tell(conversion: Conversion): Promise<ChangeResult[]> {
    const { asOf } = conversion;
    const origin = { inboxId: '', participant: 'hospital', at: 0, ...(asOf === undefined ? {} : { asOf }) };
    const results: ChangeResult[] = [];
    for await (const unit of planUnits(conversion, this, origin))
      results.push(...(await this.commit(unit)).results);
    return results;
  }

  all(): Stored[] {
    return [...this.#names.values()].flatMap(({ type, id }) => this.#present.current(type, id) ?? []);
  }

  /** What the current resources say, without what the store gives them, by their names. */
  content(): Record<string, string> {
    const said = this.all().map(({ type, id, resource }) => {
      const { versionId, lastUpdated, ...meta } = resource.meta ?? {};
      return [`${type}/${id}`, canonicalize({ ...resource, meta })] as const;
    });
    return Object.fromEntries(said.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
