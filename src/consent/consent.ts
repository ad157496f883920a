// SPDX-License-Identifier: Apache-2.0
import type { Decision } from '@mooring/chaincode/terms';
import type { Resource } from '../fhir/resource.ts';

/** Who asks, as authenticated by the exchange: never as claimed by the caller. */
export interface Requester {
  readonly participant: string;
  readonly purpose: string;
  /** What is to be done with the records; absent: `access`, reading them. */
  readonly action?: 'access' | 'correct';
}

/** The rules can't answer now; nothing may be disclosed. */
export class ConsentError extends Error {
  override readonly name = 'ConsentError';
  readonly code: 'NOT_FRESH';

  constructor(code: 'NOT_FRESH', message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The one consent decision. Nothing clinical leaves without a permit of it. */
export interface ConsentRules {
  /**
   * One decision a resource, in order. Resources of types that are nobody's (Organization, Location, …) are permitted to any active
   * participant; a resource of a patient's kind that names no patient is the custodian's alone.
   * Throws ConsentError('NOT_FRESH') when neither the ledger nor a fresh enough projection of it can be read.
   */
  decide(requester: Requester, resources: readonly Resource[]): Promise<readonly Decision[]>;
  /** The patients of whom the requester may see anything at all: what a search needs to look through. */
  patients(requester: Requester): Promise<readonly string[] | 'all'>;
  /**
   * Takes a FHIR Consent: refuses what can't be enforced (FhirError 422 naming the element), has the contract verify the patient's
   * signature and agree on the terms. Resolves when the ledger has committed it and the next `decide` here knows it.
   * Sending the same version again is not an error. A Consent without a patient's signature is recorded as attested by the
   * organization: whoever calls this has made sure that it comes from a client of the organization's own.
   */
  accept(consent: Resource): Promise<void>;
}
