// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { termsHash } from '@mooring/chaincode/commitment';
import { readTerms } from '@mooring/chaincode/readTerms';
import type { ConsentTerms } from '@mooring/chaincode/terms';
import { FhirError, type IssueCode } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import {
  type CommittedTransaction,
  type Ledger,
  LedgerError,
  type LedgerErrorCode,
} from '../ledger/ledger.ts';
import { type ConsentVersion, readConsentVersion, submitOnce } from './calls.ts';
import { type ConsentStatement, readConsent } from './terms.ts';

export interface Acceptance {
  readonly ledger: Ledger;
  readonly pseudonym: (text: string) => string;
  /** Makes the patient known here and on the ledger, without a key when none was enrolled; answers the pseudonym. */
  readonly register: (patient: string) => Promise<string>;
}

/** Has the contract agree on a FHIR Consent. `undefined`: it had already. Throws FhirError for what the sender can mend. */
export async function acceptConsent(
  consent: Resource,
  { ledger, pseudonym, register }: Acceptance,
): Promise<CommittedTransaction | undefined> {
  const statement = readConsent(consent);
  const subject = await register(statement.patient);
  // Clients choose resource ids, so not even these stand on the ledger.
  const handle = pseudonym(`Consent/${statement.terms.consent}`);
  const latest = await readConsentVersion(ledger, subject, handle);
  if (says(latest, statement)) return undefined;
  const version = statement.version ?? (latest?.version ?? 0) + 1;
  const terms: ConsentTerms = { subject, ...statement.terms, version };
  const salt = Buffer.from(statement.salt ?? saltFor(statement)).toString('base64');
  try {
    readTerms(terms);
    return await submitOnce(ledger, {
      contract: 'consents',
      name: terms.status === 'revoked' ? 'Revoke' : 'Grant',
      args: [subject, handle, String(version), statement.signature ?? ''],
      transient: { terms: Buffer.from(JSON.stringify({ terms, salt }), 'utf8') },
    });
  } catch (error) {
    throw asFhirError(error);
  }
}

/** A signed version has its own number; an attested one is the same when it says the same as the newest. */
function says(latest: ConsentVersion | undefined, { terms, version, signature }: ConsentStatement): boolean {
  if (!latest?.terms || !latest.salt || signature !== undefined) return false;
  if (version !== undefined && version !== latest.version) return false;
  const salt = Buffer.from(latest.salt, 'base64');
  return termsHash({ ...terms, version: latest.version }, salt) === latest.termsHash;
}

function saltFor({ signature }: ConsentStatement): Uint8Array {
  if (signature === undefined) return randomBytes(32);
  throw FhirError.of(
    422,
    'required',
    'Consent.extension: a signed Consent needs terms-salt',
    'Consent.extension',
  );
}

const ANSWERS: { readonly [C in LedgerErrorCode]?: readonly [number, IssueCode, string, string] } = {
  SIGNATURE_INVALID: [
    422,
    'security',
    'the signature does not verify with the patient’s key',
    'Consent.extension',
  ],
  KEY_MISSING: [422, 'security', 'the patient has no key; enroll one first', 'Consent.extension'],
  SIGNATURE_REQUIRED: [
    403,
    'forbidden',
    'the patient signed the version before; only the patient can widen it',
    'Consent',
  ],
  CONSENT_CONFLICT: [409, 'conflict', 'this version was committed with other terms', 'Consent.extension'],
  CONSENT_GAP: [409, 'conflict', 'the version before is missing', 'Consent.extension'],
  CONSENT_ENDED: [
    422,
    'business-rule',
    'this Consent was revoked; a new one needs a new id',
    'Consent.status',
  ],
  TERMS_INVALID: [422, 'invariant', 'the ledger contract can not enforce these terms', 'Consent'],
  ARGUMENT_INVALID: [422, 'invariant', 'the ledger contract can not enforce these terms', 'Consent'],
  MVCC_CONFLICT: [409, 'conflict', 'someone changed this Consent at the same time', 'Consent'],
};

function asFhirError(error: unknown): unknown {
  const code = (error as { code?: LedgerErrorCode }).code;
  const answer = code && ANSWERS[code];
  if (!answer) return error instanceof LedgerError ? unavailable(error) : error;
  const [status, issue, text, expression] = answer;
  return Object.assign(FhirError.of(status, issue, `${expression}: ${text} (${code})`, expression), {
    cause: error,
  });
}

function unavailable(cause: LedgerError): FhirError {
  const issue = {
    severity: 'error',
    code: 'transient',
    diagnostics: `the ledger refused: ${cause.code}`,
  } as const;
  return new FhirError(503, [issue], { cause });
}
