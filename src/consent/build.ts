// SPDX-License-Identifier: Apache-2.0
import { ACTION_SYSTEM, PURPOSE_SYSTEM } from '@mooring/chaincode/matching';
import type { Consent } from 'fhir/r4.js';
import type { Resource } from '../fhir/resource.ts';
import { CLASS_SYSTEM, PARTICIPATION_SYSTEM, POLICY_SYSTEM, SCOPE_SYSTEM } from './names.ts';

export interface Grant {
  readonly id: string;
  readonly patient: string;
  /** Participant's id on the ledger. */
  readonly to: string;
  /** Epoch milliseconds. */
  readonly from: number;
  /** Absent: until it is revoked. */
  readonly until?: number;
  /** v3 PurposeOfUse. */
  readonly purposes?: readonly string[];
  /** Resource types; absent: every type. */
  readonly classes?: readonly string[];
}

/** A FHIR R4 Consent as a patient gives it to one participant: a closed base, and what is permitted as its exception. */
export function buildGrant({ id, patient, to, from, until, purposes = [], classes = [] }: Grant): Resource {
  const start = new Date(from).toISOString();
  return {
    resourceType: 'Consent',
    id,
    status: 'active',
    scope: { coding: [{ system: SCOPE_SYSTEM, code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: { reference: `Patient/${patient}` },
    dateTime: start,
    policyRule: { coding: [{ system: POLICY_SYSTEM, code: 'OPTIN' }] },
    provision: {
      period: { start, ...(until === undefined ? {} : { end: new Date(until).toISOString() }) },
      provision: [
        {
          type: 'permit',
          actor: [
            {
              role: { coding: [{ system: PARTICIPATION_SYSTEM, code: 'PRCP' }] },
              reference: { reference: `Organization/${to}` },
            },
          ],
          // Without an action a rule is about all of them: to let someone read must not let them write.
          action: [{ coding: [{ system: ACTION_SYSTEM, code: 'access' }] }],
          ...(purposes.length > 0
            ? { purpose: purposes.map((code) => ({ system: PURPOSE_SYSTEM, code })) }
            : {}),
          ...(classes.length > 0 ? { class: classes.map((code) => ({ system: CLASS_SYSTEM, code })) } : {}),
        },
      ],
    },
  } satisfies Consent;
}
