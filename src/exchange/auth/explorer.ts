// SPDX-License-Identifier: Apache-2.0
import type { Role } from '@mooring/chaincode/readTerms';
import type { Request } from 'express';
import { authenticate } from '../http/authenticate.ts';
import type { AccessTokens } from './access-token.ts';
import type { ClientRegistry } from './clients.ts';
import { allows } from './scopes.ts';

export interface ExplorerAuthorization {
  readonly tokens: AccessTokens;
  readonly clients: ClientRegistry;
  /** Id of the organization whose bridge this is. */
  readonly participant: string;
  /** Of an active participant on the ledger. */
  readonly roleOf: (participant: string) => Promise<Role | undefined>;
}

/** Lets in clients with scope `system/AuditEvent.r`: the organization's own, and those of auditors. Throws FhirError 401. */
export function authorizeExplorer({
  tokens,
  clients,
  participant,
  roleOf,
}: ExplorerAuthorization): (request: Request) => Promise<boolean> {
  return async (request) => {
    const grant = await authenticate(request, tokens, clients);
    if (!allows(grant.scopes, 'AuditEvent', 'r')) return false;
    return grant.participant === participant || (await roleOf(grant.participant)) === 'auditor';
  };
}
