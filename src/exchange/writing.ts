// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { copyJson } from '../fhir/json.ts';
import { FhirError } from '../fhir/outcome.ts';
import { localReferences } from '../fhir/references.ts';
import type { Resource } from '../fhir/resource.ts';
import { validateResource } from '../fhir/validate.ts';
import type { Change, ChangeResult, Committed } from '../store/store.ts';
import { recordOfWrites } from './account.ts';
import { type Answer, type Call, type Exchange, preference } from './call.ts';
import { outcomeText } from './clear.ts';
import { unanswerable } from './disclose.ts';
import { versionTag } from './http/send.ts';
import { permitWrite } from './permit-write.ts';

/** The resource that was sent, valid and of the type that the URL names. Throws FhirError 400, 422. */
export function readResource(call: Call, exchange: Exchange): Resource {
  const body = call.body as Resource | null | undefined;
  mustBeValid(body);
  if (body?.resourceType !== call.type) {
    throw FhirError.of(400, 'value', `resourceType: expected ${call.type}, as in the URL`, `${call.type}`);
  }
  return localReferences(body, exchange.base());
}

/** FHIR R4 §3.1.0.8.2: 400 for what is no FHIR, 422 for what breaks its rules. */
export function mustBeValid(body: unknown): void {
  if (body === undefined) throw FhirError.of(400, 'required', 'the body is missing: expected a resource');
  const issues = validateResource(body).filter(
    ({ severity }) => severity === 'error' || severity === 'fatal',
  );
  if (issues.length === 0) return;
  const malformed = issues.some(({ code }) => code === 'structure' || code === 'invalid');
  throw new FhirError(malformed ? 400 : 422, issues);
}

/** Commits changes that `permitWrite` let through, with their AuditEvents in the same transaction. */
export function commitWrites(
  call: Call,
  exchange: Exchange,
  interaction: string,
  changes: readonly Change[],
): Promise<Committed> {
  const audit = (results: readonly ChangeResult[]) =>
    recordOfWrites(call, interaction, results, exchange.now());
  return exchange.store.commit({ changes, audit });
}

/** One change by itself: permitted, agreed to by the ledger when it is a Consent, committed. */
export async function writeOne(call: Call, exchange: Exchange, asked: Change): Promise<ChangeResult> {
  const permitted = await permitWrite(call, exchange, asked);
  const change = await agreed(exchange, permitted);
  const { results } = await commitWrites(call, exchange, asked.op, [change]);
  return results[0]!;
}

/**
 * The contract agrees first: a Consent that it refuses must not be in the store. Should the store fail after that, the client repeats its
 * request, for agreeing to the same again is no error.
 */
async function agreed(exchange: Exchange, change: Change): Promise<Change> {
  if (change.op === 'delete' || change.resource.resourceType !== 'Consent') return change;
  // The ledger speaks of it before the store does, so its id can't wait for the store.
  const resource =
    change.op === 'create' ? { ...copyJson(change.resource), id: randomUUID() } : change.resource;
  const ifMatch = change.op === 'update' ? change.ifMatch : undefined;
  if (ifMatch !== undefined && (await exchange.store.read('Consent', resource.id!))?.version !== ifMatch) {
    throw FhirError.of(412, 'conflict', `the Consent is not at version ${ifMatch}`);
  }
  await exchange.consent.accept(copyJson(resource)).catch(unanswerable);
  return { op: 'update', resource, ...(ifMatch === undefined ? {} : { ifMatch }) };
}

/** FHIR R4 §3.1.0.5: `Prefer: return` says how much of what was written comes back; by default, all. */
export async function answerWritten(call: Call, exchange: Exchange, result: ChangeResult): Promise<Answer> {
  const { outcome, stored } = result;
  const status = outcome === 'created' ? 201 : 200;
  const head = {
    status,
    etag: versionTag(stored.version),
    lastModified: stored.updated,
    location: `${exchange.base()}/${stored.type}/${stored.id}/_history/${stored.version}`,
  };
  const wanted = preference(call, 'return');
  if (wanted === 'minimal') return head;
  if (wanted === 'OperationOutcome') {
    const diagnostics = `${outcome}: version ${stored.version}`;
    return { ...head, body: outcomeText([{ severity: 'information', code: 'informational', diagnostics }]) };
  }
  const disclosed = await exchange.disclosure.written(
    call,
    call.method === 'PUT' ? 'update' : 'create',
    result,
  );
  return disclosed ? { ...head, body: disclosed.text } : head;
}

/** `If-Match: W/"3"`. Throws 400 for what is no version of ours. */
export function ifMatchOf(call: Call): { ifMatch?: number } {
  const header = call.headers['if-match'];
  if (header === undefined) return {};
  const version = /^\s*(?:W\/)?"([1-9]\d{0,8})"\s*$/.exec(header)?.[1];
  if (version === undefined) {
    throw FhirError.of(400, 'value', 'If-Match: expected an ETag of this bridge, such as W/"3"');
  }
  return { ifMatch: Number(version) };
}
