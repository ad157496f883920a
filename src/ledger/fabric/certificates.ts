// SPDX-License-Identifier: Apache-2.0
import { type KeyObject, verify, X509Certificate } from 'node:crypto';
import { instant } from '@mooring/chaincode/time';
import type { Signer } from '../explorer.ts';
import { isLowS } from './ecdsa.ts';
import type { FabricSigner } from './identity.ts';

/** An organization by its certificate authorities, each of which is believed by itself: PEM, one or several in a text. */
export interface CertifiedOrganization {
  readonly mspId: string;
  readonly certificates: readonly string[];
}

/** Fabric's node OUs: what a certificate of an organization is for. Each has exactly one. */
export type NodeOu = 'peer' | 'orderer' | 'client' | 'admin';

/** A certificate that an organization has given out, for a use that it was given for. */
export interface Certified {
  readonly signer: Signer;
  readonly key: KeyObject;
}

/** Why someone is not believed; the message may be shown. */
export class NotCertified extends Error {}

const NODE_OUS: readonly string[] = ['peer', 'orderer', 'client', 'admin'] satisfies readonly NodeOu[];
const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** `at`: epoch milliseconds at which the certificates must be valid. Throws NotCertified. */
export function certify(
  { mspId, certificate }: FabricSigner,
  organizations: readonly CertifiedOrganization[],
  at: number,
  ous: readonly NodeOu[],
): Certified {
  const organization = organizations.find((each) => each.mspId === mspId);
  if (!organization) throw new NotCertified(`an organization that is not trusted here`);
  const own = readCertificate(certificate);
  if (!own) throw new NotCertified(`${mspId}: the certificate can't be read`);
  if (own.ca) throw new NotCertified(`${mspId}: the certificate is an authority's`);
  if (!isValidAt(own, at))
    throw new NotCertified(`${mspId}: the certificate was not valid at ${instant(at)}`);
  const issuers = organization.certificates.flatMap(readAuthorities);
  if (!issuers.some((issuer) => hasIssued(issuer, own, at)))
    throw new NotCertified(`${mspId}: the certificate is not from an authority of that organization`);
  const found = partsOf(own, 'OU').filter((ou) => NODE_OUS.includes(ou));
  if (found.length !== 1 || !ous.some((ou) => ou === found[0]))
    throw new NotCertified(`${mspId}: the certificate is not one of ${ous.join(' or ')}`);
  const { asymmetricKeyType, asymmetricKeyDetails } = own.publicKey;
  if (asymmetricKeyType !== 'ec' || asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new NotCertified(`${mspId}: the certificate's key is not on P-256`);
  const [name] = partsOf(own, 'CN');
  return { signer: { mspId, ...(name === undefined ? {} : { name }) }, key: own.publicKey };
}

/** ECDSA on P-256 with SHA-256, in DER. Of the two signatures that fit, Fabric takes the one with the low S, and so does this. */
export function isSignedBy(
  { key }: Certified,
  { signedBytes, signature }: { readonly signedBytes: Uint8Array; readonly signature: Uint8Array },
): boolean {
  return isLowS(signature) && verify('sha256', signedBytes, key, signature);
}

/** The authorities in a PEM text. Throws NotCertified when there is none, or anything else than authorities. */
export function readAuthorities(pem: string): X509Certificate[] {
  const authorities = (pem.match(PEM_CERTIFICATE) ?? []).map(readCertificate);
  if (authorities.length === 0) throw new NotCertified('there is no certificate in PEM');
  return authorities.map((each) => {
    if (!each?.ca) throw new NotCertified('a certificate is not that of an authority');
    return each;
  });
}

/** The common name in a certificate that nobody has checked; `undefined`: it has none or can't be read. */
export function claimedName(certificate: string): string | undefined {
  const read = readCertificate(certificate);
  return read && partsOf(read, 'CN')[0];
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate, at: number): boolean {
  return isValidAt(issuer, at) && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function isValidAt(certificate: X509Certificate, at: number): boolean {
  return Date.parse(certificate.validFrom) <= at && at <= Date.parse(certificate.validTo);
}

/** Each value of a kind in the subject: authorities put several OUs in one place (`OU=peer + OU=ward`), which the legacy form takes apart. */
function partsOf(certificate: X509Certificate, name: 'CN' | 'OU'): string[] {
  const value: string | string[] | undefined = certificate.toLegacyObject().subject?.[name];
  return value === undefined ? [] : [value].flat();
}
