// SPDX-License-Identifier: Apache-2.0
import type { Decision } from '@mooring/chaincode/terms';
import type { Resource } from '../fhir/resource.ts';

/** Who asks, as authenticated by the exchange: never as claimed by the caller. */
export interface Requester {
  readonly participant: string;
  readonly purpose: string;
}

/** The one consent decision. Nothing clinical leaves without a permit of it. */
export interface ConsentRules {
  /**
   * One decision a resource, in order. Resources of nobody's compartment are permitted to any active participant.
   * Throws ConsentError('NOT_FRESH') when neither the ledger nor a fresh enough projection of it can be read.
   */
  decide(requester: Requester, resources: readonly Resource[]): Promise<readonly Decision[]>;
  /** The patients of whom the requester may see anything at all: what a search needs to look through. */
  patients(requester: Requester): Promise<readonly string[] | 'all'>;
  /**
   * Takes a FHIR Consent: refuses what can't be enforced (FhirError 422 naming the element), has the contract verify the patient's
   * signature and agree on the terms. Resolves when the ledger has committed it and the next `decide` here knows it.
   * Sending the same version again is not an error.
   */
  accept(consent: Resource): Promise<void>;
}
