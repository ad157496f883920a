// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { readDescriptionFile } from '../../fabric/description.ts';
import { openFabricNetwork } from '../../fabric/native.ts';
import { findTools } from '../../fabric/tools.ts';
import { readConnection } from '../../src/ledger/fabric/connection-file.ts';
import { type FabricChannel, openFabric } from '../../src/ledger/fabric/fabric.ts';
import { type Member, openMember } from '../../test/fabric/support/member.ts';
import { endAll, ROOT, serve } from '../../test/network/harness.ts';

/** Not where `npm run fabric:up` listens. */
const BASE_PORT = 27_000;

/** The organizations of `fabric/network.yaml`, on a network of their own. */
export interface BenchNetwork {
  /** For whatever is to be gone afterwards. */
  readonly folder: string;
  /** The channel `exchange` as an organization has it, without a bridge. */
  open(organization: string): Promise<FabricChannel>;
  /** An organization's bridge, in a process of its own. */
  bridge(organization: string): Promise<Member>;
  close(): Promise<void>;
}

export async function openBenchNetwork(say: (line: string) => void): Promise<BenchNetwork> {
  const description = await readDescriptionFile(join(ROOT, 'fabric/network.yaml'));
  const tools = await findTools(process.env['FABRIC_TOOLS'], say);
  const folder = await mkdtemp(join(tmpdir(), 'mooring-bench-'));
  const network = await openFabricNetwork({
    ...{ tools, say, dir: join(folder, 'network') },
    description: { ...description, basePort: BASE_PORT },
  });
  const opened: FabricChannel[] = [];
  const serveMember = (id: string, dataDir: string) =>
    serve(dataDir, [], {
      MOORING_ORGANIZATION: id,
      MOORING_ROLE: id,
      MOORING_MSP_ID: description.organizations.find((each) => each.id === id)?.mspId,
      MOORING_LEDGER: 'fabric',
      MOORING_FABRIC_CONNECTIONS: network.connections,
      MOORING_LOG_LEVEL: 'silent',
      MOORING_REQUESTS_PER_MINUTE: '100000000',
    });
  return {
    folder,
    async open(organization) {
      const connection = await readConnection(join(network.connections, `${organization}.json`));
      const [channel] = openFabric(connection, ['exchange'], pino({ level: 'silent' }));
      opened.push(channel);
      return channel;
    },
    bridge: (organization) => openMember({ folder, bridge: serveMember }, organization),
    async close() {
      await Promise.all(opened.map((each) => each.close()));
      await endAll();
      await network.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
