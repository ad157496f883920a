// SPDX-License-Identifier: Apache-2.0
import { type Context, Contract } from 'fabric-contract-api';
import { asObject, asText, readBase64, readId, readTransient, readVersion } from '../arguments.ts';
import { canonicalJson } from '../canonical.ts';
import { SALT_BYTES, signedChange, termsHash } from '../commitment.ts';
import {
  type ConsentRecord,
  consentKey,
  consentsOf,
  consentVersions,
  custodianOf,
  decideNow,
  type PrivateTerms,
  TERMS_COLLECTION,
  termsOf,
} from '../consentState.ts';
import { ContractError } from '../errors.ts';
import { assertOwn, knownParticipant, type Participant, readDirectory } from '../participant.ts';
import { readRequest, readTerms } from '../readTerms.ts';
import { CONSENT_JWS_TYPE, thumbprint, verifyDetached } from '../signature.ts';
import { emit, readState, transactionTime, writePrivate, writeState } from '../state.ts';
import type { ConsentTerms } from '../terms.ts';
import { instant, timeInterval } from '../time.ts';

/** What patients agreed to. Terms arrive in transient data `terms`: `{terms, salt}`. */
export class ConsentsContract extends Contract {
  constructor() {
    super('consents');
  }

  /** Writes an active version. An empty `jws`: the organization attests what it has on paper. */
  async Grant(ctx: Context, subject: string, consent: string, version: string, jws: string): Promise<string> {
    return change(ctx, 'active', { subject, consent, version, jws });
  }

  /** Writes the last version. */
  async Revoke(
    ctx: Context,
    subject: string,
    consent: string,
    version: string,
    jws: string,
  ): Promise<string> {
    return change(ctx, 'revoked', { subject, consent, version, jws });
  }

  /** One version with its terms and salt, or the newest when `version` is empty. For members of the collection. */
  async Read(ctx: Context, subject: string, consent: string, version: string): Promise<string> {
    const record = version
      ? await readState<ConsentRecord>(
          ctx,
          consentKey(ctx, readId(subject, 'subject'), readId(consent, 'consent'), readVersion(version)),
        )
      : (await consentVersions(ctx, readId(subject, 'subject'), readId(consent, 'consent'))).at(-1);
    if (!record)
      throw new ContractError('CONSENT_UNKNOWN', `no version ${version || 'at all'} of consent ${consent}`);
    return canonicalJson(await withTerms(ctx, record));
  }

  /** Every version of a consent as everybody sees it, oldest first. */
  async History(ctx: Context, subject: string, consent: string): Promise<string> {
    return canonicalJson(await consentVersions(ctx, readId(subject, 'subject'), readId(consent, 'consent')));
  }

  /** The newest version of each consent of a subject, with terms. For members of the collection. */
  async List(ctx: Context, subject: string): Promise<string> {
    return listWithTerms(ctx, await consentsOf(ctx, readId(subject, 'subject')));
  }

  /** The consents of a subject as they stood at a time (FHIR instant), with terms. For members of the collection. */
  async AsOf(ctx: Context, subject: string, time: string): Promise<string> {
    const until = instant(timeInterval(time).to);
    return listWithTerms(ctx, await consentsOf(ctx, readId(subject, 'subject'), until));
  }

  /** Decides a request (transient `request`) at the time of the transaction. For members of the collection. */
  async Evaluate(ctx: Context): Promise<string> {
    const request = readRequest(readTransient(ctx, 'request'));
    const directory = await readDirectory(ctx);
    await custodianOf(ctx, request.subject, request.custodian, directory);
    return canonicalJson(await decideNow(ctx, request, directory));
  }

  /** Erasure: the terms of all versions leave the private data of every member; the salted hashes that stay say nothing. */
  async Erase(ctx: Context, subject: string): Promise<string> {
    const patient = await knownParticipant(ctx, readId(subject, 'subject'));
    assertOwn(ctx, patient.mspId, `patient ${subject}`);
    let versions = 0;
    for (const { consent } of await consentsOf(ctx, subject)) {
      for (const { version } of await consentVersions(ctx, subject, consent)) {
        await ctx.stub.purgePrivateData(TERMS_COLLECTION, consentKey(ctx, subject, consent, version));
        versions += 1;
      }
    }
    emit(ctx, 'ConsentsErased', { subject, versions });
    return canonicalJson({ subject, versions });
  }
}

interface Change {
  readonly subject: string;
  readonly consent: string;
  readonly version: string;
  readonly jws: string;
}

async function change(ctx: Context, status: ConsentRecord['status'], given: Change): Promise<string> {
  const subject = readId(given.subject, 'subject');
  const consent = readId(given.consent, 'consent');
  const version = readVersion(given.version);
  const { terms, salt } = readPrivateTerms(ctx);
  if (terms.subject !== subject || terms.version !== version || terms.status !== status)
    throw new ContractError('TERMS_INVALID', 'the terms are of another subject, version or status');
  const patient = await knownParticipant(ctx, subject);
  if (patient.role !== 'patient')
    throw new ContractError('NOT_AUTHORIZED', `participant ${subject} is no patient`);
  assertOwn(ctx, patient.mspId, `patient ${subject}`);
  await assertCustodians(ctx, terms, patient);
  const hash = termsHash(terms, Buffer.from(salt, 'base64'));
  await assertNext(ctx, given, version, terms, hash);
  const record: ConsentRecord = {
    subject,
    consent,
    version,
    status,
    termsHash: hash,
    mspId: patient.mspId,
    basis: given.jws === '' ? { attestedBy: patient.mspId } : signedBy(given.jws, terms, salt, patient),
    transactionId: ctx.stub.getTxID(),
    timestamp: transactionTime(ctx).text,
  };
  await writeState(ctx, consentKey(ctx, subject, consent, version), record);
  await writePrivate(ctx, TERMS_COLLECTION, consentKey(ctx, subject, consent, version), { terms, salt });
  emit(ctx, 'ConsentChanged', { subject, consent, version, status });
  return canonicalJson(record);
}

function readPrivateTerms(ctx: Context): PrivateTerms {
  const { terms, salt } = asObject(readTransient(ctx, 'terms'), 'transient "terms"');
  const saltText = asText(salt, 'salt');
  readBase64(saltText, SALT_BYTES, 'salt');
  return { terms: readTerms(terms), salt: saltText };
}

/** A consent about other organizations' records only would never apply here; its place is with them. */
async function assertCustodians(ctx: Context, terms: ConsentTerms, patient: Participant): Promise<void> {
  if (!terms.custodian) return;
  const directory = await readDirectory(ctx);
  if (!terms.custodian.some((id) => directory.get(id)?.mspId === patient.mspId))
    throw new ContractError(
      'TERMS_INVALID',
      'terms.custodian names no participant of the patient’s organization',
    );
}

/** Reads this version's key and the one before, nothing that other consents write: grants side by side never conflict. */
async function assertNext(
  ctx: Context,
  { subject, consent, jws }: Change,
  version: number,
  terms: ConsentTerms,
  hash: string,
): Promise<void> {
  const same = await readState<ConsentRecord>(ctx, consentKey(ctx, subject, consent, version));
  if (same?.termsHash === hash)
    throw new ContractError(
      'CONSENT_DUPLICATE',
      `version ${version} of consent ${consent} was committed already`,
    );
  if (same)
    throw new ContractError(
      'CONSENT_CONFLICT',
      `version ${version} of consent ${consent} says something else`,
    );
  if (version === 1) return;
  const before = await readState<ConsentRecord>(ctx, consentKey(ctx, subject, consent, version - 1));
  if (!before) throw new ContractError('CONSENT_GAP', `consent ${consent} has no version ${version - 1}`);
  if (before.status === 'revoked') throw new ContractError('CONSENT_ENDED', `consent ${consent} was revoked`);
  // Staff may record that a patient withdrew, but what a patient signed only the patient can widen.
  if (jws === '' && terms.status === 'active' && 'signedWith' in before.basis)
    throw new ContractError('SIGNATURE_REQUIRED', `consent ${consent} was signed by the patient`);
  const beforeTerms = await termsOf(ctx, before);
  if (beforeTerms && beforeTerms.terms.consent !== terms.consent)
    throw new ContractError('TERMS_INVALID', `the terms are not those of consent ${consent}`);
}

function signedBy(
  jws: string,
  terms: ConsentTerms,
  salt: string,
  patient: Participant,
): ConsentRecord['basis'] {
  if (!patient.publicKey)
    throw new ContractError('KEY_MISSING', `patient ${patient.id} has no registered key`);
  verifyDetached(jws, CONSENT_JWS_TYPE, signedChange(terms, Buffer.from(salt, 'base64')), patient.publicKey);
  return { signedWith: thumbprint(patient.publicKey), signature: jws };
}

async function withTerms(
  ctx: Context,
  record: ConsentRecord,
): Promise<ConsentRecord & Partial<PrivateTerms>> {
  return { ...record, ...(await termsOf(ctx, record)) };
}

async function listWithTerms(ctx: Context, records: readonly ConsentRecord[]): Promise<string> {
  const found: unknown[] = [];
  for (const record of records) found.push(await withTerms(ctx, record));
  return canonicalJson(found);
}
