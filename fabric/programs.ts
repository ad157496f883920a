// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  type ChaincodeNode,
  chaincodesOf,
  type OrdererNode,
  orderersOf,
  type PeerNode,
  peersOf,
} from './nodes.ts';
import { address, type Endpoint } from './places.ts';
import type { Program } from './run/process.ts';
import { answers, page } from './run/wait.ts';
import { nodeFolder, type Setup } from './setup/network.ts';
import { chaincodeFolder, type Generation } from './setup/packages.ts';

/** One process of the network: how it is started, and when it is up. */
export interface Running {
  readonly node: OrdererNode | PeerNode | ChaincodeNode;
  /** Names its log; two generations of a contract run side by side while it is upgraded. */
  readonly process: string;
  readonly serves: Endpoint;
  readonly program: Program;
  healthy(): Promise<boolean>;
}

const ROOT = resolve(import.meta.dirname, '..');
/** Arguments of node that run the contract's process. */
export const SERVER: readonly string[] = ['--import', 'tsx', 'chaincode/server.ts'];

export async function nodePrograms({ description, places, tools }: Setup): Promise<Running[]> {
  const programs: Running[] = [];
  for (const node of [...orderersOf(description), ...peersOf(description)]) {
    const { serves, operations, data } = node.kind === 'peer' ? places.peer(node) : places.orderer(node);
    await mkdir(data, { recursive: true, mode: 0o700 });
    programs.push({
      node,
      process: node.name,
      serves,
      program: {
        file: `${tools.bin}/${node.kind}`,
        args: node.kind === 'peer' ? ['node', 'start'] : [],
        env: { FABRIC_CFG_PATH: nodeFolder(places, node.name) },
        cwd: data,
      },
      healthy: async () => (await page(operations, '/healthz')) !== undefined,
    });
  }
  return programs;
}

export function chaincodePrograms(
  setup: Setup,
  generation: Generation,
  server: readonly string[],
): Running[] {
  return chaincodesOf(setup.description).map((node) => {
    const serves = setup.places.chaincode(node.organization, generation.generation);
    const folder = chaincodeFolder(setup, node.organization, generation);
    return {
      node,
      process: `${node.name}-${generation.version}`,
      serves,
      program: {
        file: process.execPath,
        args: [...server, '--address', address(serves), '--dir', folder],
        env: {},
        cwd: ROOT,
      },
      healthy: () => answers(serves),
    };
  });
}
