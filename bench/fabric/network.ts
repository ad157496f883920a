// SPDX-License-Identifier: Apache-2.0
import { findTools } from '../../fabric/tools.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { type Member, openMember } from '../../test/fabric/support/member.ts';
import { startTestNetwork } from '../../test/fabric/support/network.ts';
import { endAll } from '../../test/network/harness.ts';

/** Not where `npm run fabric:up` listens. */
const BASE_PORT = 27_000;

/** The organizations of `fabric/network.yaml`, on a network of their own. */
export interface BenchNetwork {
  /** For whatever is to be gone afterwards. */
  readonly folder: string;
  /** The channel `exchange` as an organization has it, without a bridge. */
  ledger(organization: string): Promise<Ledger>;
  /** An organization's bridge, in a process of its own. */
  bridge(organization: string): Promise<Member>;
  close(): Promise<void>;
}

export async function openBenchNetwork(say: (line: string) => void): Promise<BenchNetwork> {
  const tools = await findTools(process.env['FABRIC_TOOLS'], say);
  const fabric = await startTestNetwork({ basePort: BASE_PORT, tools, say });
  return {
    folder: fabric.folder,
    ledger: async (organization) => (await fabric.open(organization)).ledger,
    bridge: (organization) =>
      openMember(fabric, organization, {
        MOORING_LOG_LEVEL: 'silent',
        MOORING_REQUESTS_PER_MINUTE: '100000000',
      }),
    async close() {
      await endAll();
      await fabric.close();
    },
  };
}
