// SPDX-License-Identifier: Apache-2.0
import type { Answer, Call, Exchange } from './call.ts';
import type { BodyKind } from './http/body.ts';

export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** Below `/fhir`, with `:type`, `:id` and `:version`. */
  readonly path: string;
  /** What is read of the request's body; default: nothing. */
  readonly body?: BodyKind;
}

/** What the router and the CapabilityStatement need to know; the rest is the handler's own business. */
export type Definition =
  | {
      /** Codes of FHIR's `type-restful-interaction` or `system-restful-interaction`. */
      readonly interactions: readonly string[];
      readonly level: 'type' | 'system';
      readonly routes: readonly Route[];
    }
  | {
      /** Name without the `$`. */
      readonly operation: string;
      /** Canonical URL of its OperationDefinition. */
      readonly url: string;
      /** Types it is for; absent: all. */
      readonly types?: readonly string[];
      readonly routes: readonly Route[];
    };

/** One file each under `interactions/` and `operations/`; routes and CapabilityStatement follow from it. */
export interface Interaction {
  readonly definition: Definition;
  handle(call: Call, exchange: Exchange): Promise<Answer>;
}
