// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Resource } from '../../src/fhir/resource.ts';
import { mooring, type Running } from './harness.ts';

interface TestClient {
  readonly id: string;
  readonly participant: string;
  readonly scope: string;
}

const EHR: TestClient = { id: 'ehr', participant: 'hospital', scope: 'system/*.cruds' };
/** Tokens live for five minutes. */
const KEPT_MS = 120_000;
const kept = new WeakMap<Running, Map<string, { readonly token: Promise<string>; readonly at: number }>>();

/**
 * A bearer token of a bridge's client, by default of the hospital's own system, got the way a user gets one: by the command line. It is
 * kept for a while, for that takes seconds.
 */
export function bearer(
  bridge: Running,
  dataDir: string,
  client = EHR,
  organization = 'hospital',
): Promise<string> {
  const tokens = kept.get(bridge) ?? new Map();
  kept.set(bridge, tokens);
  const last = tokens.get(client.id);
  if (last && performance.now() - last.at < KEPT_MS) return last.token;
  const token = newToken(bridge, dataDir, client, organization);
  tokens.set(client.id, { token, at: performance.now() });
  return token;
}

async function newToken(
  bridge: Running,
  dataDir: string,
  client: TestClient,
  organization: string,
): Promise<string> {
  const key = join(dataDir, `${client.id}.jwk`);
  if (!existsSync(key)) {
    const operator = ['--url', bridge.url, '--data-dir', join(dataDir, organization)];
    const details = ['--participant', client.participant, '--scope', client.scope, '--generate-key', key];
    const added = await mooring(['clients', 'add', client.id, ...details, ...operator]);
    assert.equal(added.code, 0, added.err);
  }
  const token = await mooring(['token', '--client', client.id, '--key', key, '--url', bridge.url]);
  assert.equal(token.code, 0, token.err);
  return token.out.trim();
}

/** Every resource of a type that the token may see, page after page. */
export async function everything(bridge: Running, token: string, type: string): Promise<Resource[]> {
  const found: Resource[] = [];
  let url: string | undefined = `${bridge.url}/fhir/${type}?_count=200`;
  while (url) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(response.status, 200);
    const page = (await response.json()) as {
      entry?: { resource: Resource }[];
      link?: { relation: string; url: string }[];
    };
    for (const entry of page.entry ?? []) found.push(entry.resource);
    url = page.link?.find((link) => link.relation === 'next')?.url;
  }
  return found;
}
