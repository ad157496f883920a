// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { connectMllp } from '../../../src/ingest/mllp-client.ts';
import { bearer } from '../../network/client.ts';
import { mooring, type Running } from '../../network/harness.ts';
import { code } from '../../network/messages.ts';
import type { TestFabric } from './network.ts';

/** One organization's bridge, in a process of its own, with nothing but what it offers to others. */
export interface Member {
  readonly id: string;
  readonly bridge: Running;
  readonly dataDir: string;
  /** A token of the organization's own system, or of somebody's client there. They end after minutes, so each test asks for its own. */
  token(participant?: string): Promise<string>;
  /** A subcommand; answers what it printed. */
  cli(...args: readonly string[]): Promise<string>;
  /** The same with the options that say where the operator's interface is. */
  operate(...args: readonly string[]): Promise<string>;
  send(message: string | Buffer): Promise<string>;
  fhir(method: string, path: string, token: string, body?: unknown): Promise<FhirAnswer>;
}

export interface FhirAnswer {
  readonly status: number;
  readonly text: string;
}

export async function openMember(
  fabric: Pick<TestFabric, 'bridge' | 'folder'>,
  id: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Member> {
  const dataDir = join(fabric.folder, `${id}-data`);
  const bridge = await fabric.bridge(id, dataDir, env);
  const cli = async (...args: readonly string[]) => {
    const done = await mooring(args);
    assert.equal(done.code, 0, `mooring ${args.slice(0, 2).join(' ')}: ${done.err}`);
    return done.out.trim();
  };
  return {
    id,
    bridge,
    dataDir,
    token(participant = id) {
      const scope = participant === id ? 'system/*.cruds' : 'system/*.rs';
      return bearer(bridge, dataDir, { id: `${participant}-app`, participant, scope }, id);
    },
    cli,
    operate: (...args) => cli(...args, '--url', bridge.url, '--data-dir', join(dataDir, id)),
    async send(message) {
      const sender = await connectMllp({ host: '127.0.0.1', port: bridge.mllpPort });
      try {
        return code(await sender.send(Buffer.from(message)));
      } finally {
        await sender.close();
      }
    },
    async fhir(method, path, token, body) {
      const response = await fetch(`${bridge.url}/fhir/${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, text: await response.text() };
    },
  };
}

/** The only Patient that a search finds, once what was sent has been taken in. */
export async function findPatient(member: Member, search: string): Promise<string> {
  const token = await member.token();
  for (const late = performance.now() + 20_000; performance.now() < late; ) {
    const { text } = await member.fhir('GET', `Patient?${search}`, token);
    const { entry = [] } = JSON.parse(text) as { entry?: { resource: { id: string } }[] };
    if (entry.length === 1) return entry[0]!.resource.id;
  }
  throw new Error(`${member.id} has not one Patient for ${search}`);
}
