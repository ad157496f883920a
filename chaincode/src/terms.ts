// SPDX-License-Identifier: Apache-2.0

/** A code and the system that defines it; a code without a system matches only one without. */
export interface Code {
  readonly system?: string;
  readonly code: string;
}

/** FHIR instants or dates; an absent end is open. */
export interface Period {
  readonly start?: string;
  readonly end?: string;
}

/** One rule of a consent: FHIR R4 `Consent.provision`. Elements are ANDed, repeats of one element ORed; nested rules are exceptions. */
export interface Provision {
  readonly type: 'permit' | 'deny';
  /**
   * Only on the root, only with `deny`: the Consent named no type there (R4 wants none), so what no exception covers is left to
   * the other consents. A root that says `deny` itself is a refusal, which beats every other consent.
   */
  readonly implicit?: true;
  readonly period?: Period;
  /** `participant` is a participant's id on the ledger; `role` one of the participant roles, when any holder of it is meant. */
  readonly actor?: readonly { readonly participant?: string; readonly role?: string }[];
  readonly action?: readonly Code[];
  readonly purpose?: readonly Code[];
  readonly securityLabel?: readonly Code[];
  readonly class?: readonly Code[];
  readonly code?: readonly Code[];
  readonly dataPeriod?: Period;
  /** Single records: `Type/id`. */
  readonly data?: readonly {
    readonly meaning: 'instance' | 'related' | 'dependents' | 'authoredby';
    readonly reference: string;
  }[];
  /** Only on a permit: top-level elements of the resource that are masked before it is handed out. */
  readonly mask?: readonly string[];
  readonly provision?: readonly Provision[];
}

/** What a patient agreed to, as the contract keeps it in private data and the decision reads it. */
export interface ConsentTerms {
  /** Keyed pseudonym of the patient. */
  readonly subject: string;
  /** Logical id of the Consent resource. */
  readonly consent: string;
  /** Grows by one with each change; a revocation is the last version. */
  readonly version: number;
  readonly status: 'active' | 'revoked';
  /** Ids of the organizations whose records this is about; absent: of all. */
  readonly custodian?: readonly string[];
  readonly provision: Provision;
}

/** What the decision needs to know of one resource; never its content. */
export interface ResourceFacts {
  readonly type: string;
  readonly id: string;
  /** Every code the resource says what it is by: its `code`, `category`, `type`, `vaccineCode`, … */
  readonly codes: readonly Code[];
  readonly labels: readonly Code[];
  /** When it happened, for `dataPeriod`. */
  readonly period?: Period;
}

export interface AccessRequest {
  readonly subject: string;
  /** Participant whose records are asked for. */
  readonly custodian: string;
  readonly recipient: string;
  readonly roles: readonly string[];
  /** v3 PurposeOfUse, such as TREAT or ETREAT. */
  readonly purpose: string;
  readonly action: 'access' | 'correct';
  /** Absent: is there anything at all that the recipient may see? */
  readonly resource?: ResourceFacts;
}

export type DenyReason =
  | 'NO_CONSENT'
  | 'DENIED_BY_PROVISION'
  | 'NOT_COVERED'
  | 'EXPIRED'
  | 'REVOKED'
  | 'PARTICIPANT_SUSPENDED';

/** What must be done to a record before it is handed out. */
export interface Obligation {
  readonly kind: 'mask';
  readonly elements: readonly string[];
}

export type Decision =
  | {
      readonly effect: 'permit';
      readonly consent: string;
      readonly version: number;
      /** Path of the rule that decided, such as `provision.provision[1]`. */
      readonly provision: string;
      readonly obligations: readonly Obligation[];
      /** When this permit ends by itself. */
      readonly until?: string;
    }
  | { readonly effect: 'deny'; readonly reason: DenyReason };
