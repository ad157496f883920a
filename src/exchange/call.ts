// SPDX-License-Identifier: Apache-2.0

import type { ConsentRules, Requester } from '../consent/consent.ts';
import { FhirError } from '../fhir/outcome.ts';
import { SEARCH_PARAMETERS } from '../fhir/search/parameters.ts';
import type { Logger } from '../operate/log.ts';
import type { Store } from '../store/store.ts';
import type { AccessTokens, Grant } from './auth/access-token.ts';
import { allows, type Permission } from './auth/scopes.ts';
import type { Clear } from './clear.ts';
import type { Cursors } from './cursor.ts';
import type { Disclosure } from './disclose.ts';
import type { ProofDesk } from './proof-desk.ts';

/** One interaction that an authenticated client asks for: a request, or an entry of a batch. */
export interface Call {
  readonly grant: Grant;
  readonly method: string;
  readonly type: string;
  readonly id: string;
  /** Of `_history/…`. */
  readonly version: string;
  readonly params: readonly (readonly [string, string])[];
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Of POST and PUT: the resource as it was parsed, numbers with their literals; `undefined`: nothing was sent. */
  readonly body: unknown;
}

/** What an interaction answers; `http/send.ts` turns it into bytes. */
export interface Answer {
  readonly status: number;
  readonly body?: Clear;
  readonly etag?: string;
  /** FHIR instant. */
  readonly lastModified?: string;
  readonly location?: string;
  /** Default: application/fhir+json. */
  readonly contentType?: string;
}

/** What interactions work with. */
export interface Exchange {
  readonly store: Store;
  readonly consent: ConsentRules;
  readonly proofs: ProofDesk;
  readonly disclosure: Disclosure;
  readonly tokens: AccessTokens;
  readonly cursors: Cursors;
  /** Id of the organization whose bridge this is. */
  readonly participant: string;
  /** FHIR base without a slash at the end, such as `https://bridge.example/fhir`. */
  readonly base: () => string;
  readonly now: () => number;
  readonly logger: Logger;
}

export function requesterOf(call: Call, action: 'access' | 'correct' = 'access'): Requester {
  const { participant, purpose } = call.grant;
  return action === 'access' ? { participant, purpose } : { participant, purpose, action };
}

export function agentOf(call: Call): { client: string; participant: string } {
  return { client: call.grant.client, participant: call.grant.participant };
}

/** Whether the client is software of the very organization whose bridge this is. */
export function isOwn(call: Call, exchange: Exchange): boolean {
  return call.grant.participant === exchange.participant;
}

const ID = /^[A-Za-z0-9.-]{1,64}$/;

export function isId(text: string): boolean {
  return ID.test(text);
}

export const TYPES: readonly string[] = Object.keys(SEARCH_PARAMETERS).sort();

/** Throws 404 for a type that the bridge doesn't keep, and 403 when the token has no scope for it: both before anything is looked up. */
export function mustAllow(call: Call, type: string, permission: Permission): void {
  mustKnow(type);
  if (!allows(call.grant.scopes, type, permission)) {
    throw FhirError.of(403, 'forbidden', `the token has no scope system/${type}.${permission}`);
  }
}

export function mustKnow(type: string): void {
  if (!Object.hasOwn(SEARCH_PARAMETERS, type)) {
    throw FhirError.of(
      404,
      'not-supported',
      'this bridge keeps no resources of that type; see /fhir/metadata',
    );
  }
}

/** The same for what isn't there and for what may not be shown, to the letter: the difference would be an answer. */
export function notFound(): FhirError {
  return FhirError.of(404, 'not-found', 'there is no such resource, or it may not be shown to this client');
}

/** Of the `Prefer` header (RFC 7240): `return=minimal`, `handling=strict`. */
export function preference(call: Call, name: 'return' | 'handling'): string | undefined {
  for (const part of (call.headers['prefer'] ?? '').split(/[,;]/)) {
    const [key, value] = part.trim().split('=');
    if (key?.toLowerCase() === name) return value?.replaceAll('"', '');
  }
  return undefined;
}
