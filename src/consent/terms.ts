// SPDX-License-Identifier: Apache-2.0
import type { ConsentTerms } from '@mooring/chaincode/terms';
import { timeInterval } from '@mooring/chaincode/time';
import { readReference } from '../fhir/references.ts';
import type { Resource } from '../fhir/resource.ts';
import {
  POLICY_SYSTEM,
  SALT_EXTENSION,
  SCOPE_SYSTEM,
  SIGNATURE_EXTENSION,
  VERSION_EXTENSION,
} from './names.ts';
import { readParticipant, readProvision } from './provision.ts';
import { conceptAt, type Json, listAt, objectAt, onlyKnown, refuse, textAt } from './read.ts';

/** What a FHIR Consent says, as far as the resource alone can tell: the pseudonym and often the version come from elsewhere. */
export interface ConsentStatement {
  /** Logical id. */
  readonly patient: string;
  readonly terms: Omit<ConsentTerms, 'subject' | 'version'>;
  readonly version?: number;
  readonly salt?: Uint8Array;
  /** Detached compact JWS of the patient's. */
  readonly signature?: string;
}

// What says who, when, where from and how it was verified is kept and shown, and rules nothing.
const ELEMENTS = [
  ...[
    'resourceType',
    'id',
    'meta',
    'language',
    'text',
    'contained',
    'extension',
    'identifier',
    'status',
    'scope',
  ],
  ...['category', 'patient', 'dateTime', 'performer', 'organization', 'sourceAttachment', 'sourceReference'],
  ...['policyRule', 'verification', 'provision'],
];

/** Reads a FHIR R4 Consent. Throws FhirError 422 that names the element which can't be enforced. Pure. */
export function readConsent(consent: Resource): ConsentStatement {
  onlyKnown(consent, 'Consent', ELEMENTS);
  if (consent.id === undefined) throw refuse('Consent.id', 'needed: send the Consent with PUT', 'required');
  readScope(consent);
  if (listAt(consent['category'], 'Consent.category').length === 0)
    throw refuse('Consent.category', 'needed', 'required');
  readPolicyRule(consent['policyRule']);
  if (consent['dateTime'] !== undefined) readTime(consent['dateTime']);
  const status = readStatus(consent['status']);
  const custodian = readCustodians(consent);
  return {
    patient: readPatient(consent['patient']),
    terms: {
      consent: consent.id,
      status,
      ...(custodian.length > 0 ? { custodian } : {}),
      provision: readRoot(consent['provision'], status),
    },
    ...readSigned(consent),
  };
}

function readRoot(provision: unknown, status: ConsentTerms['status']): ConsentTerms['provision'] {
  if (provision !== undefined) return readProvision(provision, 'Consent.provision');
  if (status === 'revoked') return { type: 'deny', implicit: true };
  throw refuse('Consent.provision', 'needed: without rules there is nothing to enforce', 'required');
}

function readScope({ scope }: Resource): void {
  const codes = conceptAt(scope ?? {}, 'Consent.scope');
  if (!codes.some(({ system, code }) => system === SCOPE_SYSTEM && code === 'patient-privacy'))
    throw refuse('Consent.scope', `expected patient-privacy of ${SCOPE_SYSTEM}`);
}

/** ppc-1: a policy or a policy rule. A policy's URI says nothing that we could enforce; opting in or out does, by the rules beside it. */
function readPolicyRule(policyRule: unknown): void {
  if (policyRule === undefined) throw refuse('Consent.policyRule', 'needed (ppc-1)', 'required');
  const codes = conceptAt(policyRule, 'Consent.policyRule');
  if (!codes.every(({ system, code }) => system === POLICY_SYSTEM && (code === 'OPTIN' || code === 'OPTOUT')))
    throw refuse('Consent.policyRule', `expected OPTIN or OPTOUT of ${POLICY_SYSTEM}`);
}

function readStatus(status: unknown): ConsentTerms['status'] {
  switch (status) {
    case 'active':
      return 'active';
    case 'inactive':
    case 'entered-in-error':
      return 'revoked';
    default:
      throw refuse('Consent.status', 'only active, inactive and entered-in-error have an effect');
  }
}

function readTime(dateTime: unknown): void {
  try {
    timeInterval(textAt(dateTime, 'Consent.dateTime'));
  } catch (cause) {
    throw Object.assign(refuse('Consent.dateTime', 'expected a FHIR dateTime', 'value'), { cause });
  }
}

function readPatient(patient: unknown): string {
  if (patient === undefined) throw refuse('Consent.patient', 'needed', 'required');
  const target = readReference(objectAt(patient, 'Consent.patient')['reference']);
  if (target?.type !== 'Patient' || target.base || target.version)
    throw refuse('Consent.patient', 'expected Patient/[id] of this server');
  return target.id;
}

/** `Consent.organization`: whose records it is about; absent: everybody's. */
function readCustodians({ organization }: Resource): string[] {
  return listAt(organization, 'Consent.organization').map((each, index) => {
    const path = `Consent.organization[${index}]`;
    const participant = readParticipant(objectAt(each, path), path);
    if (participant === undefined) throw refuse(path, 'expected a reference to a participant', 'required');
    return participant;
  });
}

function readSigned({ extension }: Resource): Pick<ConsentStatement, 'version' | 'salt' | 'signature'> {
  const all = listAt(extension, 'Consent.extension').map((each, index) =>
    objectAt(each, `Consent.extension[${index}]`),
  );
  const one = (url: string) => {
    const found = all.filter((each) => each['url'] === url);
    if (found.length > 1) throw refuse('Consent.extension', `${url} is there more than once`, 'invariant');
    return found[0];
  };
  const version = one(VERSION_EXTENSION);
  const salt = one(SALT_EXTENSION);
  const signature = one(SIGNATURE_EXTENSION);
  return {
    ...(version ? { version: readVersion(version) } : {}),
    ...(salt ? { salt: readSalt(salt) } : {}),
    ...(signature ? { signature: readSignature(signature) } : {}),
  };
}

function readVersion({ valuePositiveInt }: Json): number {
  if (typeof valuePositiveInt === 'number' && Number.isSafeInteger(valuePositiveInt) && valuePositiveInt > 0)
    return valuePositiveInt;
  throw refuse('Consent.extension', `${VERSION_EXTENSION} needs a valuePositiveInt`, 'value');
}

function readSalt({ valueBase64Binary }: Json): Uint8Array {
  const salt = Buffer.from(typeof valueBase64Binary === 'string' ? valueBase64Binary : '', 'base64');
  if (salt.length !== 32)
    throw refuse('Consent.extension', `${SALT_EXTENSION} needs a valueBase64Binary of 32 bytes`, 'value');
  return salt;
}

function readSignature({ valueSignature }: Json): string {
  const { sigFormat, data } = objectAt(valueSignature ?? {}, 'Consent.extension.valueSignature');
  if (sigFormat !== 'application/jose')
    throw refuse('Consent.extension.valueSignature.sigFormat', 'expected application/jose');
  const text = textAt(data, 'Consent.extension.valueSignature.data');
  return Buffer.from(text, 'base64').toString('utf8');
}
