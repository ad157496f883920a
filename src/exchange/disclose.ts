// SPDX-License-Identifier: Apache-2.0
import type { Decision } from '@mooring/chaincode/terms';
import { ConsentError, type ConsentRules } from '../consent/consent.ts';
import { printJson } from '../fhir/json.ts';
import { FhirError } from '../fhir/outcome.ts';
import type { Search } from '../fhir/search/query.ts';
import type { ChangeResult, Store, Stored } from '../store/store.ts';
import { type Happening, recordOf } from './account.ts';
import { type Call, requesterOf } from './call.ts';
import type { Clear } from './clear.ts';
import { asksForMasked, mask } from './mask.ts';

/** A record that may be handed to this caller, masked where consent says so; its AuditEvent is durable. */
export interface Disclosed {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly updated: string;
  readonly deleted: boolean;
  readonly text: Clear;
}

/** What the store holds for an answer of several records. */
export interface Found {
  /** What the AuditEvent says was asked for, when nothing was found. */
  readonly asked: string;
  readonly records: AsyncIterable<Stored>;
  /** What they were found by; absent: nothing of what they say. */
  readonly search?: Search;
}

export interface Page {
  readonly disclosed: readonly Disclosed[];
  /** The store's cursor of where to go on; absent: that was all the caller may see. */
  readonly after?: string;
}

/** The one way out: asks the consent rules, has the AuditEvents durable, and only then hands over bytes. */
export interface Disclosure {
  /** `undefined` when there is no such record or the caller may not see it; `asked` is what the AuditEvent says was asked for. */
  one(
    call: Call,
    interaction: string,
    asked: string,
    found: Stored | undefined,
  ): Promise<Disclosed | undefined>;
  /** As many records as fit, all permitted: what may not be seen leaves no gap. Stops after `MAX_EXAMINED` records. */
  page(call: Call, interaction: string, found: Found, count: number): Promise<Page>;
  /** Records as denied what the caller was after and may not see, without handing over anything. */
  denied(call: Call, interaction: string, found: AsyncIterable<Stored>, examine: number): Promise<void>;
  /** What the caller itself has just written, or, when the store had it already, what it may see of that. */
  written(call: Call, interaction: string, result: ChangeResult): Promise<Disclosed | undefined>;
}

/** So many records a request looks at before it answers with a shorter page and a link to go on. */
export const MAX_EXAMINED = 1_000;
const CHUNK = 50;

export interface Judged {
  readonly stored: Stored;
  readonly decision: Decision;
}

export function openDisclosure(store: Store, consent: ConsentRules, now: () => number): Disclosure {
  async function decideEach(call: Call, found: readonly Stored[]): Promise<Judged[]> {
    if (found.length === 0) return [];
    const resources = found.map((stored) => stored.resource);
    const decisions = await consent.decide(requesterOf(call), resources).catch(unanswerable);
    return found.map((stored, index) => {
      const decision = decisions[index];
      // No decision is no permit.
      return { stored, decision: decision ?? { effect: 'deny', reason: 'NO_CONSENT' } };
    });
  }

  async function record(call: Call, happening: Happening): Promise<void> {
    const drafts = recordOf(call, happening, now());
    if (drafts.length > 0) await store.commit({ changes: [], audit: () => drafts });
  }

  async function release(
    call: Call,
    interaction: string,
    asked: string,
    judged: readonly Judged[],
  ): Promise<Disclosed[]> {
    await record(call, { interaction, asked, judged });
    return judged.flatMap(({ stored, decision }) =>
      decision.effect === 'permit' ? [clearOf(stored, decision)] : [],
    );
  }

  return {
    async one(call, interaction, asked, found) {
      const judged = await decideEach(call, found ? [found] : []);
      return (await release(call, interaction, asked, judged))[0];
    },

    async page(call, interaction, { asked, records, search }, count) {
      const decide = async (chunk: readonly Stored[]) =>
        (await decideEach(call, chunk)).map((judged) => hideMasked(judged, search));
      const examined = await examine(records, count, decide);
      const disclosed = await release(call, interaction, asked, examined.judged);
      return examined.after === undefined ? { disclosed } : { disclosed, after: examined.after };
    },

    async denied(call, interaction, found, examine) {
      const met: Stored[] = [];
      for await (const stored of found) if (met.push(stored) >= examine) break;
      const judged = (await decideEach(call, met)).filter(({ decision }) => decision.effect === 'deny');
      if (judged.length > 0) await record(call, { interaction, asked: '', judged });
    },

    async written(call, interaction, { outcome, stored }) {
      // The caller's own words, whose AuditEvent was committed with them.
      if (outcome !== 'unchanged') return shown(stored, stored.canonical as Clear);
      return this.one(call, interaction, `${stored.type}/${stored.id}`, stored);
    },
  };
}

/**
 * Reads on until one more than `count` is permitted: whether there is a next page then depends on permitted records alone, and nothing
 * that may not be seen shows by its absence.
 */
async function examine(
  found: AsyncIterable<Stored>,
  count: number,
  decide: (chunk: Stored[]) => Promise<Judged[]>,
): Promise<{ judged: readonly Judged[]; after?: string }> {
  const judged: Judged[] = [];
  const permitted: number[] = [];
  let chunk: Stored[] = [];
  const judge = async () => {
    for (const each of await decide(chunk)) {
      if (each.decision.effect === 'permit') permitted.push(judged.length);
      judged.push(each);
    }
    chunk = [];
  };
  if (count === 0) return { judged };
  for await (const stored of found) {
    chunk.push(stored);
    if (chunk.length < Math.min(CHUNK, count + 1 - permitted.length)) continue;
    await judge();
    if (permitted.length > count || judged.length >= MAX_EXAMINED) break;
  }
  await judge();
  const last = permitted.length > count ? permitted[count - 1] : undefined;
  if (last !== undefined) return { judged: judged.slice(0, last + 1), after: judged[last]!.stored.cursor };
  return judged.length >= MAX_EXAMINED ? { judged, after: judged.at(-1)!.stored.cursor } : { judged };
}

function hideMasked(judged: Judged, search: Search | undefined): Judged {
  const { stored, decision } = judged;
  if (!search || decision.effect === 'deny' || !asksForMasked(search, decision.obligations)) return judged;
  return { stored, decision: { effect: 'deny', reason: 'NOT_COVERED' } };
}

function clearOf(stored: Stored, decision: Extract<Decision, { effect: 'permit' }>): Disclosed {
  if (decision.obligations.length === 0) return shown(stored, stored.canonical as Clear);
  return shown(stored, printJson(mask(stored.resource, decision.obligations)) as Clear);
}

function shown({ type, id, version, updated, deleted }: Stored, text: Clear): Disclosed {
  return { type, id, version, updated, deleted, text };
}

/** No evidence, no answer. */
export function unanswerable(error: unknown): never {
  if (error instanceof ConsentError) {
    throw new FhirError(
      503,
      [
        {
          severity: 'error',
          code: 'transient',
          diagnostics: 'consent can not be checked at the moment: try again',
        },
      ],
      { cause: error },
    );
  }
  throw error;
}
