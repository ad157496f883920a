// SPDX-License-Identifier: Apache-2.0
import { type JsonWebKey, randomBytes } from 'node:crypto';
import { canonicalJson } from '@mooring/chaincode/canonical';
import { signedChange } from '@mooring/chaincode/commitment';
import { CONSENT_JWS_TYPE } from '@mooring/chaincode/signature';
import type { ConsentTerms, Decision, Provision } from '@mooring/chaincode/terms';
import { detachedJws, generatePatientKey } from '../../src/consent/sign.ts';
import type { CommittedTransaction, ContractName, Ledger } from '../../src/ledger/ledger.ts';
import { consistencyProof, rootOf } from './merkle.ts';

/** A network of two organizations, as the behaviour suite needs it from every adapter. */
export interface TestNetwork {
  readonly hospital: Ledger;
  readonly clinic: Ledger;
  readonly close: () => Promise<void>;
}

export async function ask<T>(
  ledger: Ledger,
  contract: ContractName,
  name: string,
  ...args: string[]
): Promise<T> {
  return JSON.parse(Buffer.from(await ledger.evaluate({ contract, name, args })).toString('utf8')) as T;
}

export function submit(
  ledger: Ledger,
  contract: ContractName,
  name: string,
  ...args: string[]
): Promise<CommittedTransaction> {
  return ledger.submit({ contract, name, args });
}

export function checkpoint(
  ledger: Ledger,
  origin: string,
  leaves: readonly string[],
  since = 0,
): Promise<CommittedTransaction> {
  const proof = since === 0 ? [] : consistencyProof(since, leaves);
  return submit(ledger, 'records', 'Checkpoint', origin, ...checkpointArgs(leaves, proof));
}

export function checkpointArgs(
  leaves: readonly string[],
  proof: readonly Buffer[],
): [string, string, string] {
  const hashes = proof.map((hash) => hash.toString('base64'));
  return [String(leaves.length), rootOf(leaves).toString('base64'), JSON.stringify(hashes)];
}

/** Peers get a block one after the other: resolves when those of this member have the one with this transaction. */
export async function seenBy(
  member: Ledger,
  { blockNumber }: Pick<CommittedTransaction, 'blockNumber'>,
): Promise<void> {
  const patience = AbortSignal.timeout(10_000);
  for await (const block of member.follow(blockNumber, patience)) if (block.number >= blockNumber) return;
  throw new Error(`block ${blockNumber} did not arrive`);
}

/** Ids that no other test uses. */
export function unique(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`;
}

export interface TestPatient {
  readonly subject: string;
  readonly privateJwk: JsonWebKey;
}

export function register(
  ledger: Ledger,
  id: string,
  role: string,
  mspId: string,
  jwk?: JsonWebKey,
): Promise<CommittedTransaction> {
  return submit(ledger, 'participants', 'Register', id, role, mspId, jwk ? canonicalJson(jwk) : '');
}

export async function newPatient(hospital: Ledger, mspId = 'HospitalMSP'): Promise<TestPatient> {
  const { privateJwk, publicJwk } = generatePatientKey();
  const subject = unique('subject');
  await register(hospital, subject, 'patient', mspId, publicJwk);
  return { subject, privateJwk };
}

export const toEverybody: Provision = { type: 'permit' };

export interface ChangeOptions {
  readonly consent: string;
  readonly version?: number;
  readonly status?: ConsentTerms['status'];
  readonly provision?: Provision;
  readonly custodian?: readonly string[];
  /** What is signed, when it isn't what is sent. */
  readonly signed?: Partial<ConsentTerms>;
  readonly attested?: boolean;
  readonly salt?: Buffer;
}

/** Sends a change of a consent, signed by the patient as it should be, or otherwise where the options say so. */
export function change(
  ledger: Ledger,
  patient: TestPatient,
  options: ChangeOptions,
): Promise<CommittedTransaction> {
  const {
    consent,
    version = 1,
    status = 'active',
    provision = toEverybody,
    custodian,
    signed = {},
    salt = randomBytes(32),
  } = options;
  const terms: ConsentTerms = {
    ...{ subject: patient.subject, consent, version, status, provision },
    ...(custodian ? { custodian } : {}),
  };
  const payload = signedChange({ ...terms, ...signed }, salt);
  const jws = options.attested ? '' : detachedJws(payload, patient.privateJwk, CONSENT_JWS_TYPE);
  return ledger.submit({
    contract: 'consents',
    name: status === 'revoked' ? 'Revoke' : 'Grant',
    args: [patient.subject, consent, String(version), jws],
    transient: { terms: Buffer.from(JSON.stringify({ terms, salt: salt.toString('base64') })) },
  });
}

/** Both organizations with the ids they are registered under. */
export interface Members {
  readonly hospital: Ledger;
  readonly clinic: Ledger;
  readonly hospitalId: string;
  readonly clinicId: string;
}

/** What the contract says to the clinic's wish to see anything of a patient of the hospital's. */
export async function decisionOf(
  { hospital, hospitalId, clinicId }: Members,
  subject: string,
): Promise<Decision> {
  const request = { subject, custodian: hospitalId, recipient: clinicId, purpose: 'TREAT', action: 'access' };
  const transient = { request: Buffer.from(JSON.stringify(request)) };
  const answer = await hospital.evaluate({ contract: 'consents', name: 'Evaluate', args: [], transient });
  return JSON.parse(Buffer.from(answer).toString('utf8')) as Decision;
}

/** What `assert.rejects` expects of a refusal with this code. */
export function refused(code: string): { readonly name: 'LedgerError'; readonly code: string } {
  return { name: 'LedgerError', code };
}
