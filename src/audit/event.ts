// SPDX-License-Identifier: Apache-2.0
import type { AuditDraft } from '../store/store.ts';

/** What happened, in the words of FHIR AuditEvent; ids only. */
export interface AuditFacts {
  readonly action: 'C' | 'R' | 'U' | 'D' | 'E';
  /** Code of the interaction: `read`, `search-type`, `create`, `transaction`, `hl7v2`, `token`, … */
  readonly interaction: string;
  readonly outcome: 'success' | 'denied' | 'failed';
  readonly agent: { readonly client?: string; readonly participant: string };
  /** v3 PurposeOfUse. */
  readonly purpose?: string;
  /** Logical id of the patient concerned; absent: the organization's own sequence. */
  readonly patient?: string;
  /** What it was about: `Type/id` or `Type/id/_history/version`. */
  readonly entities: readonly string[];
  /** The consent and rule that permitted, or the reason of the denial. */
  readonly basis?: string;
  /** FHIR instant. */
  readonly at: string;
}

export declare function auditEvent(facts: AuditFacts): AuditDraft;
