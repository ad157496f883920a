// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { readDescriptionFile } from '../../../fabric/description.ts';
import { type FabricNetwork, openFabricNetwork } from '../../../fabric/native.ts';
import { findTools, type Say, type Tools } from '../../../fabric/tools.ts';
import type { FabricConnection } from '../../../src/ledger/fabric/connection.ts';
import { readConnection } from '../../../src/ledger/fabric/connection-file.ts';
import { type FabricChannel, openFabric } from '../../../src/ledger/fabric/fabric.ts';
import { programArgs, ROOT, type Running, serve } from '../../network/harness.ts';
import { fabricTools } from './tools.ts';

/** A running network, and what tests do with it. `close` ends all that was opened of it but the bridges, which `endAll` ends. */
export interface TestFabric {
  readonly network: FabricNetwork;
  /** Folder of everything, the bridges' data too: `<folder>/<organization>-data`, or as the caller likes. */
  readonly folder: string;
  connection(organization: string): Promise<FabricConnection>;
  /** A channel under an organization's own identity, without a bridge. */
  open(organization: string, channel?: string): Promise<FabricChannel>;
  /** `mooring serve` on this network. */
  bridge(organization: string, dataDir: string, env?: NodeJS.ProcessEnv): Promise<Running>;
  close(): Promise<void>;
}

export interface TestFabricOptions {
  /** 400 ports from here on. */
  readonly basePort: number;
  /** Of the hospital; 1 unless told. */
  readonly hospitalPeers?: number;
  /** Fabric's programs, where they aren't those of the tests. */
  readonly tools?: Tools;
  /** Told how far it is. */
  readonly say?: Say;
}

/** Hospital, clinic and laboratory on `exchange`, hospital and laboratory on `research`, in a folder of their own. */
export async function startTestNetwork({
  basePort,
  hospitalPeers = 1,
  say = () => undefined,
  tools,
}: TestFabricOptions): Promise<TestFabric> {
  const described = await readDescriptionFile(join(ROOT, 'fabric/network.yaml'));
  const organizations = described.organizations.map((each) =>
    each.id === 'hospital' ? { ...each, peers: hospitalPeers } : each,
  );
  const folder = await mkdtemp(join(tmpdir(), 'mooring-fabric-'));
  const network = await openFabricNetwork({
    description: { ...described, basePort, organizations },
    dir: join(folder, 'network'),
    tools: tools ?? (await findTestTools()),
    say,
    server: programArgs('chaincode/server.ts'),
  });
  const opened: FabricChannel[] = [];
  const connection = (id: string) => readConnection(join(network.connections, `${id}.json`));
  return {
    network,
    folder,
    connection,
    async open(organization, channel = 'exchange') {
      const [found] = openFabric(await connection(organization), [channel], pino({ level: 'silent' }));
      opened.push(found);
      return found;
    },
    bridge: (organization, dataDir, env = {}) =>
      serve(dataDir, [], {
        MOORING_ORGANIZATION: organization,
        MOORING_ROLE: organization,
        MOORING_MSP_ID: described.organizations.find(({ id }) => id === organization)?.mspId,
        MOORING_LEDGER: 'fabric',
        MOORING_FABRIC_CONNECTIONS: network.connections,
        ...env,
      }),
    async close() {
      await Promise.all(opened.map((each) => each.close()));
      await network.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function findTestTools(): Promise<Tools> {
  const tools = fabricTools();
  if ('skip' in tools) throw new Error(tools.skip);
  return findTools(tools.value, () => undefined);
}
