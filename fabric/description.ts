// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

export interface Organization {
  readonly id: string;
  readonly mspId: string;
  readonly peers: number;
}

/** The network as its description says it: who takes part, with how many nodes, on which channels. */
export interface Description {
  /** Names in certificates end in `<organization>.<domain>`. */
  readonly domain: string;
  /** Where the nodes of a native network listen. */
  readonly host: string;
  readonly basePort: number;
  readonly ordering: { readonly mspId: string; readonly nodes: number };
  readonly organizations: readonly Organization[];
  /** Ids of each channel's members. */
  readonly channels: Readonly<Record<string, readonly string[]>>;
  readonly chaincode: { readonly name: string; readonly version: string };
  readonly batch: {
    /** As Go writes durations: `250ms`. */
    readonly timeout: string;
    readonly transactions: number;
    readonly preferredBytes: number;
    readonly maxBytes: number;
  };
}

export class DescriptionError extends Error {
  override readonly name = 'DescriptionError';
}

export async function readDescriptionFile(path: string): Promise<Description> {
  const text = await readFile(path, 'utf8');
  try {
    return readDescription(text);
  } catch (cause) {
    throw new DescriptionError(`${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Reads YAML; throws DescriptionError that names the member and what was expected of it. */
export function readDescription(text: string): Description {
  const root = asMembers(parse(text), 'the description', [
    'domain',
    'host',
    'basePort',
    'ordering',
    'organizations',
    'channels',
    'chaincode',
    'batch',
  ]);
  const ordering = asMembers(root['ordering'], 'ordering', ['mspId', 'nodes']);
  const chaincode = asMembers(root['chaincode'], 'chaincode', ['name', 'version']);
  const batch = asMembers(root['batch'], 'batch', ['timeout', 'transactions', 'preferredBytes', 'maxBytes']);
  const organizations = readOrganizations(root['organizations']);
  const mspId = asText(ordering['mspId'], 'ordering.mspId', MSP_ID);
  assertUnique([mspId, ...organizations.map((each) => each.mspId)], 'organizations: mspId');
  return {
    domain: asText(root['domain'], 'domain', /^[a-z0-9-]+(\.[a-z0-9-]+)+$/),
    host: asText(root['host'], 'host', /^[A-Za-z0-9.:-]+$/),
    // The organizations' ports follow, a hundred for each.
    basePort: asCount(root['basePort'], 'basePort', 1024, 65_535 - 100 * (organizations.length + 1)),
    ordering: { mspId, nodes: asCount(ordering['nodes'], 'ordering.nodes', 1, 9) },
    organizations,
    channels: readChannels(
      root['channels'],
      organizations.map(({ id }) => id),
    ),
    chaincode: {
      name: asText(chaincode['name'], 'chaincode.name', /^[a-zA-Z0-9]+([_-][a-zA-Z0-9]+)*$/),
      version: asText(chaincode['version'], 'chaincode.version', VERSION),
    },
    batch: {
      timeout: asText(batch['timeout'], 'batch.timeout', /^[1-9][0-9]*(ms|s)$/),
      transactions: asCount(batch['transactions'], 'batch.transactions', 1, 100_000),
      preferredBytes: asCount(batch['preferredBytes'], 'batch.preferredBytes', 1, 104_857_600),
      maxBytes: asCount(batch['maxBytes'], 'batch.maxBytes', 1, 104_857_600),
    },
  };
}

/** What Fabric takes as a chaincode's version. */
export const VERSION = /^[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}$/;
const MSP_ID = /^[A-Za-z][A-Za-z0-9.-]{0,62}$/;

function readOrganizations(value: unknown): Organization[] {
  if (!Array.isArray(value) || value.length === 0)
    throw new DescriptionError('organizations: expected a list with at least one');
  const organizations = value.map((each: unknown, index): Organization => {
    const where = `organizations[${index}]`;
    const { id, mspId, peers } = asMembers(each, where, ['id', 'mspId', 'peers']);
    return {
      id: asText(id, `${where}.id`, /^(?!orderer)[a-z][a-z0-9]{0,30}$/),
      mspId: asText(mspId, `${where}.mspId`, MSP_ID),
      peers: asCount(peers, `${where}.peers`, 1, 9),
    };
  });
  assertUnique(
    organizations.map(({ id }) => id),
    'organizations: id',
  );
  return organizations;
}

function readChannels(value: unknown, organizations: readonly string[]): Record<string, string[]> {
  const channels = Object.entries(asMembers(value, 'channels')).map(([name, members]): [string, string[]] => {
    // What Fabric takes as a channel's name.
    if (!/^[a-z][a-z0-9.-]{0,248}$/.test(name)) throw new DescriptionError(`channels: ${name} is no name`);
    if (!Array.isArray(members) || members.length === 0)
      throw new DescriptionError(`channels.${name}: expected a list of organizations`);
    const ids = members.map((id: unknown) => {
      if (typeof id === 'string' && organizations.includes(id)) return id;
      throw new DescriptionError(`channels.${name}: no organization has the id ${JSON.stringify(id)}`);
    });
    assertUnique(ids, `channels.${name}`);
    return [name, ids];
  });
  if (channels.length === 0) throw new DescriptionError('channels: expected at least one');
  return Object.fromEntries(channels);
}

function asMembers(value: unknown, where: string, names?: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new DescriptionError(`${where}: expected names with values`);
  const unknown = names && Object.keys(value).find((name) => !names.includes(name));
  if (unknown) throw new DescriptionError(`${where}: ${unknown} is unknown, expected ${names.join(', ')}`);
  return value as Record<string, unknown>;
}

function asText(value: unknown, where: string, form: RegExp): string {
  if (typeof value === 'string' && form.test(value)) return value;
  throw new DescriptionError(`${where} is ${JSON.stringify(value)}: expected text like ${form.source}`);
}

function asCount(value: unknown, where: string, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new DescriptionError(
    `${where} is ${JSON.stringify(value)}: expected a number from ${least} to ${most}`,
  );
}

function assertUnique(values: readonly string[], where: string): void {
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) throw new DescriptionError(`${where}: ${twice} stands there twice`);
}
