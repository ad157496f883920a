// SPDX-License-Identifier: Apache-2.0
import { fromBase64 } from '../anchor/base64.ts';
import { type CertifiedOrganization, readAuthorities } from './fabric/certificates.ts';
import type { TrustedEmbeddedLedger, TrustedFabricLedger, TrustedLedger } from './trust.ts';

/** Throws an Error that names the member that is wrong, rather than trusting less or more than the file seems to say. */
export function readTrustedLedger(value: unknown): TrustedLedger {
  const members = membersOf(value);
  const { kind } = members;
  if (kind === 'embedded') return readEmbedded(members);
  if (kind === 'fabric') return readFabric(members);
  throw new Error('kind is one that this program does not know');
}

function readEmbedded({ publicKey }: Record<string, unknown>): TrustedEmbeddedLedger {
  if (!fromBase64(publicKey, 32)) throw new Error('publicKey is not 32 bytes in base64');
  return { kind: 'embedded', publicKey: publicKey as string };
}

function readFabric(members: Record<string, unknown>): TrustedFabricLedger {
  const { endorsements } = members;
  const organizations = readOrganizations(members['organizations'], 'organizations');
  const orderers = readOrganizations(members['orderers'], 'orderers');
  const most = organizations.length;
  if (endorsements !== undefined && !(Number.isInteger(endorsements) && isBetween(endorsements, 1, most)))
    throw new Error(`endorsements is not a number from 1 to ${most}`);
  return {
    kind: 'fabric',
    channel: readName(members['channel'], 'channel'),
    chaincode: readName(members['chaincode'], 'chaincode'),
    ...(endorsements === undefined ? {} : { endorsements: endorsements as number }),
    organizations,
    orderers,
  };
}

/** At least one, none twice: an organization that counts as two is a majority too early. */
function readOrganizations(value: unknown, what: string): CertifiedOrganization[] {
  if (!Array.isArray(value) || value.length === 0) throw new Error(`${what} is not a list of organizations`);
  const organizations = value.map((each: unknown, at) => readOrganization(each, `${what}[${at}]`));
  if (new Set(organizations.map(({ mspId }) => mspId)).size < organizations.length)
    throw new Error(`${what} names an organization twice`);
  return organizations;
}

function readOrganization(value: unknown, what: string): CertifiedOrganization {
  const { mspId, certificates } = membersOf(value);
  if (!Array.isArray(certificates) || certificates.length === 0)
    throw new Error(`${what}.certificates is not a list of certificates`);
  return {
    mspId: readName(mspId, `${what}.mspId`),
    certificates: certificates.map((each: unknown, at) => readPem(each, `${what}.certificates[${at}]`)),
  };
}

function readPem(value: unknown, what: string): string {
  try {
    readAuthorities(String(value));
  } catch (cause) {
    throw new Error(`${what}: ${(cause as Error).message}`, { cause });
  }
  return value as string;
}

function readName(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '') throw new Error(`${what} is no name`);
  return value;
}

function isBetween(value: unknown, least: number, most: number): boolean {
  return (value as number) >= least && (value as number) <= most;
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
