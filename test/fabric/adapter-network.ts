// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import { readDescriptionFile } from '../../fabric/description.ts';
import { type FabricNetwork, openFabricNetwork } from '../../fabric/native.ts';
import { findTools } from '../../fabric/tools.ts';
import type { FabricConnection } from '../../src/ledger/fabric/connection.ts';
import { readConnection } from '../../src/ledger/fabric/connection-file.ts';
import { type FabricChannel, openFabric } from '../../src/ledger/fabric/fabric.ts';

const silent = pino({ level: process.env['MOORING_TEST_LOG'] ?? 'silent' });

export interface AdapterNetwork {
  readonly network: FabricNetwork;
  connection(organization: string): Promise<FabricConnection>;
  /** The bridge's side of an organization's channel; closed with the network. */
  open(organization: string, channel?: string): Promise<FabricChannel>;
  close(): Promise<void>;
}

/** Why no network can be started here, as `skip` of node:test takes it. */
export function skipWithoutFabric(): string | false {
  if (process.env['MOORING_TEST_FABRIC']) return false;
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
    return false;
  } catch {
    if ((process.env['MOORING_TEST_REQUIRE'] ?? '').split(',').includes('fabric'))
      throw new Error('fabric is required here, and neither MOORING_TEST_FABRIC is set nor Go there');
    return 'Fabric is not here: set MOORING_TEST_FABRIC, or install Go to build it';
  }
}

/** A network of its own, with two peers at the hospital. */
export async function openAdapterNetwork(basePort: number): Promise<AdapterNetwork> {
  const say = () => undefined;
  const dir = await mkdtemp(join(tmpdir(), 'mooring-fabric-'));
  const file = resolve(import.meta.dirname, '../../fabric/network.yaml');
  const described = await readDescriptionFile(file);
  const organizations = described.organizations.map((each) =>
    each.id === 'hospital' ? { ...each, peers: 2 } : each,
  );
  const tools = await findTools(process.env['MOORING_TEST_FABRIC'], say);
  const network = await openFabricNetwork({
    ...{ dir, tools, say, description: { ...described, basePort, organizations } },
  });
  const opened: FabricChannel[] = [];
  const connection = (id: string) => readConnection(join(network.connections, `${id}.json`));
  return {
    network,
    connection,
    async open(organization, name = 'exchange') {
      const [channel] = openFabric(await connection(organization), [name], silent);
      if (!channel) throw new Error('no channel was opened');
      opened.push(channel);
      return channel;
    },
    async close() {
      await Promise.all(opened.map((each) => each.close()));
      await network.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
