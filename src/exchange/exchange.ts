// SPDX-License-Identifier: Apache-2.0
import express, { type RequestHandler, type Router } from 'express';
import type { ConsentRules } from '../consent/consent.ts';
import { warmUp } from '../fhir/validate.ts';
import type { Logger } from '../operate/log.ts';
import type { Keyring } from '../store/keys/keyring.ts';
import type { Db } from '../store/sql/database.ts';
import type { Store } from '../store/store.ts';
import { accessTokens } from './auth/access-token.ts';
import { assertionRules } from './auth/assertion.ts';
import { type ClientRegistry, openClientRegistry } from './auth/clients.ts';
import { authorizeExplorer, type ExplorerAuthorization } from './auth/explorer.ts';
import { smartConfiguration } from './auth/smart-configuration.ts';
import { tokenEndpoint } from './auth/token-endpoint.ts';
import type { Exchange } from './call.ts';
import { openCursors } from './cursor.ts';
import { openDisclosure } from './disclose.ts';
import { fhirRouter } from './fhir-router.ts';
import { authorizeSender } from './http/authenticate.ts';
import { readBytes } from './http/body.ts';
import { door } from './http/door.ts';
import { limitRate, secureHeaders } from './http/limits.ts';
import { answerErrors } from './http/send.ts';
import type { ProofDesk } from './proof-desk.ts';

export interface ExchangeDeps {
  readonly store: Store;
  readonly consent: ConsentRules;
  readonly proofs: ProofDesk;
  readonly keyring: Keyring;
  /** For clients and their spent assertions. */
  readonly db: Db;
  /** Id of the organization whose bridge this is. */
  readonly participant: string;
  /** Role on the ledger of an active participant. */
  readonly roleOf: ExplorerAuthorization['roleOf'];
  /** How clients reach the bridge, without a path, such as `https://bridge.example`; asked for with each request, so that it may follow the port. */
  readonly baseUrl: () => string;
  readonly now: () => number;
  readonly logger: Logger;
  /** Default 10 MB. */
  readonly maxBodyBytes?: number;
  /** From one address; default 60,000. */
  readonly requestsPerMinute?: number;
}

export interface OpenExchange {
  /** `/fhir`, `/oauth2/token` and the SMART discovery documents; to be mounted at `/`. */
  readonly router: Router;
  /** For `operatorClientRoutes`. */
  readonly clients: ClientRegistry;
  /** Lets in clients of the organization's own that may write every type, for what arrives over HTTP in other forms than FHIR. */
  readonly authorizeSender: RequestHandler;
  /** Tells who may look at the ledger's blocks. */
  readonly authorizeExplorer: ReturnType<typeof authorizeExplorer>;
}

const OURS = ['/fhir', '/oauth2', '/.well-known'];
const MAX_FORM_BYTES = 64 * 1024;
const MAX_BODY_BYTES = 10_485_760;
/** Compiled at the start rather than under the first client's hands. */
const COMMON_TYPES = ['Patient', 'Encounter', 'Observation', 'Consent'];

/** The way out, and FHIR's way in: authorization, the FHIR endpoint, and behind it the one disclosure. */
export async function openExchange(deps: ExchangeDeps): Promise<OpenExchange> {
  const { store, consent, now, logger, baseUrl, participant, proofs } = deps;
  const secret = await deps.keyring.secret('access-token');
  const clients = openClientRegistry(deps.db, now);
  const tokens = accessTokens(secret, baseUrl, now);
  const tokenUrl = () => `${baseUrl()}/oauth2/token`;
  const assertions = assertionRules(clients, deps.db, tokenUrl, now);
  const exchange: Exchange = {
    ...{ store, consent, proofs, tokens, participant, now, logger },
    disclosure: openDisclosure(store, consent, now),
    cursors: openCursors(secret),
    base: () => `${baseUrl()}/fhir`,
  };
  warmUp(COMMON_TYPES);

  const router = express.Router();
  router.use(OURS, limitRate(deps.requestsPerMinute ?? 60_000), secureHeaders());
  router.get(
    ['/.well-known/smart-configuration', '/fhir/.well-known/smart-configuration'],
    (_request, response) => {
      response.json(smartConfiguration(baseUrl()));
    },
  );
  router.post(
    '/oauth2/token',
    readBytes(MAX_FORM_BYTES),
    tokenEndpoint({ assertions, tokens, store, logger, now }),
  );
  router.use('/fhir', door, fhirRouter(exchange, clients, baseUrl, deps.maxBodyBytes ?? MAX_BODY_BYTES));
  router.use(OURS, answerErrors(logger));
  return {
    ...{ router, clients },
    authorizeSender: authorizeSender(tokens, clients, participant),
    authorizeExplorer: authorizeExplorer({ tokens, clients, participant, roleOf: deps.roleOf }),
  };
}
