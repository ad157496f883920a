// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Ajv, type ErrorObject } from 'ajv';
import { parse } from 'yaml';
import type { FabricConnection, Organization, PeerAddress } from './connection.ts';

/** A connection file that can't be used: names the file and the member, never what stands in keys. */
export class ConnectionFileError extends Error {
  override readonly name = 'ConnectionFileError';
}

const PATH = { type: 'string', minLength: 1 };
const ORGANIZATIONS = {
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    required: ['mspId', 'certificates'],
    additionalProperties: false,
    properties: {
      mspId: { type: 'string', minLength: 1 },
      certificates: { type: 'array', minItems: 1, items: PATH },
    },
  },
};

/** `FabricConnection` with paths, relative to the file, where that has PEM. JSON is YAML too. */
const validate = new Ajv({ allErrors: true, strict: false }).compile<FabricConnection>({
  type: 'object',
  required: ['mspId', 'certificate', 'privateKey', 'chaincode', 'peers', 'channels', 'orderers'],
  additionalProperties: false,
  properties: {
    mspId: { type: 'string', minLength: 1 },
    certificate: PATH,
    privateKey: PATH,
    chaincode: { type: 'string', minLength: 1 },
    peers: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['address', 'tlsCertificates'],
        additionalProperties: false,
        properties: {
          address: { type: 'string', pattern: '^[^:/\\s]+:[0-9]{1,5}$' },
          tlsCertificates: PATH,
          tlsServerName: { type: 'string', minLength: 1 },
        },
      },
    },
    channels: {
      type: 'object',
      minProperties: 1,
      additionalProperties: {
        type: 'object',
        required: ['organizations'],
        additionalProperties: false,
        properties: { organizations: ORGANIZATIONS },
      },
    },
    orderers: ORGANIZATIONS,
  },
});

/** Reads a connection file and everything it points to. Throws ConnectionFileError. */
export async function readConnection(file: string): Promise<FabricConnection> {
  const paths = await readPaths(file);
  const read = (member: string, path: string) => readPem(file, member, path);
  const certificate = await read('certificate', paths.certificate);
  const privateKey = await read('privateKey', paths.privateKey);
  assertPair(file, certificate, privateKey);
  return {
    mspId: paths.mspId,
    certificate,
    privateKey,
    chaincode: paths.chaincode,
    peers: await Promise.all(
      paths.peers.map(async (peer, index): Promise<PeerAddress> => {
        const member = `peers[${index}].tlsCertificates`;
        return { ...peer, tlsCertificates: await readCertificate(file, member, peer.tlsCertificates) };
      }),
    ),
    channels: Object.fromEntries(
      await Promise.all(
        Object.entries(paths.channels).map(async ([name, { organizations }]) => {
          const member = `channels.${name}.organizations`;
          return [name, { organizations: await readOrganizations(file, member, organizations) }] as const;
        }),
      ),
    ),
    orderers: await readOrganizations(file, 'orderers', paths.orderers),
  };
}

async function readPaths(file: string): Promise<FabricConnection> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new ConnectionFileError(`${file}: ${whyUnreadable(cause)}`, { cause });
  });
  // No cause: a parser quotes what it read.
  const content = parsed((): unknown => parse(text));
  if (content === undefined) throw new ConnectionFileError(`${file}: is neither JSON nor YAML`);
  if (validate(content)) return content;
  throw new ConnectionFileError(
    (validate.errors ?? []).map((error) => `${file}: ${explain(error)}`).join('\n'),
  );
}

/** The member as one writes it in code (`peers[0].address`), and what is wrong with it. */
function explain({ instancePath, message, params }: ErrorObject): string {
  const member = instancePath
    .slice(1)
    .replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.');
  const unknown: unknown = params['additionalProperty'];
  const problem = unknown === undefined ? message : `must not have "${unknown}"`;
  return `${member || 'the connection'} ${problem}`;
}

function readOrganizations(
  file: string,
  member: string,
  organizations: readonly Organization[],
): Promise<Organization[]> {
  return Promise.all(
    organizations.map(async ({ mspId, certificates }, index) => {
      const each = certificates.map((path, position) =>
        readCertificate(file, `${member}[${index}].certificates[${position}]`, path),
      );
      return { mspId, certificates: await Promise.all(each) };
    }),
  );
}

async function readPem(file: string, member: string, path: string): Promise<string> {
  const full = resolve(dirname(file), path);
  try {
    return await readFile(full, 'utf8');
  } catch (cause) {
    throw new ConnectionFileError(`${file}: ${member} is ${path}: ${whyUnreadable(cause)}`, { cause });
  }
}

async function readCertificate(file: string, member: string, path: string): Promise<string> {
  const pem = await readPem(file, member, path);
  if (!isCertificate(pem)) throw new ConnectionFileError(`${file}: ${member} is ${path}: no PEM certificate`);
  return pem;
}

function assertPair(file: string, certificate: string, privateKey: string): void {
  if (!isCertificate(certificate))
    throw new ConnectionFileError(`${file}: certificate is no PEM certificate`);
  const key = parsed(() => createPrivateKey(privateKey));
  if (!key) throw new ConnectionFileError(`${file}: privateKey is no PEM private key`);
  if (!new X509Certificate(certificate).checkPrivateKey(key))
    throw new ConnectionFileError(`${file}: privateKey is not the key of certificate`);
}

function isCertificate(pem: string): boolean {
  return parsed(() => new X509Certificate(pem)) !== undefined;
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

function whyUnreadable(cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'there is no such file' : `can't be read (${code})`;
}
