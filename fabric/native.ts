// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import type { Description } from './description.ts';
import { nativePlaces } from './places.ts';
import { chaincodePrograms, nodePrograms, type Running, SERVER } from './programs.ts';
import { LastingProcess, type Program } from './run/process.ts';
import { logsFolder } from './run/stop.ts';
import { GaveUp, until } from './run/wait.ts';
import { deploy } from './setup/deploy.ts';
import { readGenerations, writeGenerations } from './setup/generations.ts';
import { joinChannels } from './setup/join.ts';
import { makeMaterial } from './setup/material.ts';
import { connectionsFolder, type Setup, setupOf } from './setup/network.ts';
import { type Generation, makePackages } from './setup/packages.ts';
import { leaderOf, untilAcquainted, untilAnswering, untilLed } from './setup/ready.ts';
import type { Say, Tools } from './tools.ts';

const START_MS = 60_000;

export interface NetworkOptions {
  readonly description: Description;
  /** Everything that the network keeps: keys, configuration, blocks, logs. */
  readonly dir: string;
  readonly tools: Tools;
  readonly say: Say;
  /** The nodes outlive this process; otherwise they end with it. */
  readonly detached?: boolean;
  /** Arguments of node that run `chaincode/server.ts`, where it isn't to be run as it is. */
  readonly server?: readonly string[];
}

export interface NetworkNode {
  /** `orderer0`, `hospital-peer0`, `hospital-chaincode` */
  readonly name: string;
  readonly kind: 'orderer' | 'peer' | 'chaincode';
  /** `host:port` */
  readonly address: string;
  readonly log: string;
  readonly program: Program;
}

/** A network of processes on this machine: all its channels joined, the contract committed and answering. */
export interface FabricNetwork {
  readonly description: Description;
  readonly dir: string;
  /** Folder of the connection files, `<organization>.json`. */
  readonly connections: string;
  readonly setup: Setup;
  nodes(): readonly NetworkNode[];
  /** Resolves when the node answers, which is before others have found it again: see `ready`. */
  start(name: string): Promise<void>;
  stop(name: string): Promise<void>;
  kill(name: string): Promise<void>;
  /** Leaders are elected, peers know each other, the contract answers everywhere. */
  ready(): Promise<void>;
  /** The name of the orderer that leads the channel. */
  leader(channel: string): Promise<string | undefined>;
  /** The same state under another version of the contract. */
  upgrade(version: string): Promise<void>;
  /** Stops all nodes; what they keep stays. */
  close(): Promise<void>;
}

export async function openFabricNetwork(options: NetworkOptions): Promise<FabricNetwork> {
  const network = await prepare(options);
  try {
    await network.open();
    return network;
  } catch (error) {
    await network.close();
    throw error;
  }
}

async function prepare(options: NetworkOptions): Promise<FabricNetwork & { open(): Promise<void> }> {
  const { description, dir, tools, say, detached = false, server = SERVER } = options;
  const setup = setupOf(description, nativePlaces(description, dir), tools, say);
  const logs = logsFolder(setup.places.dir);
  await mkdir(logs, { recursive: true, mode: 0o700 });
  const processes = new Map<string, LastingProcess>();
  let generations = await readGenerations(setup);
  const nodes = await nodePrograms(setup);

  const running = (): Running[] => [
    ...nodes,
    // The newest first: a name means the contract that is used from now on.
    ...generations.toReversed().flatMap((each) => chaincodePrograms(setup, each, server)),
  ];
  const find = (name: string): Running => {
    const found = running().find(({ node }) => node.name === name);
    if (found) return found;
    throw new Error(`there is no node ${name}`);
  };
  const processOf = ({ process: name }: Running): LastingProcess => {
    const known = processes.get(name) ?? new LastingProcess(name, logs);
    processes.set(name, known);
    return known;
  };
  const startOne = (each: Running): Promise<void> => startNode(each, processOf(each), detached);
  const endAll = async (all: readonly Running[]): Promise<void> => {
    await Promise.all(all.map((each) => processOf(each).end('SIGTERM')));
  };
  const killNow = (): void => {
    for (const each of processes.values()) each.killNow();
  };
  if (!detached) process.on('exit', killNow);

  /** Brings the channels to the newest generation, and ends the processes of the ones before it. */
  const settle = async (): Promise<void> => {
    const newest = generations.at(-1) as Generation;
    await Promise.all(chaincodePrograms(setup, newest, server).map(startOne));
    await deploy(setup, newest);
    await network.ready();
    const before = generations.slice(0, -1);
    await writeGenerations(setup, [newest]);
    generations = [newest];
    await endAll(before.flatMap((each) => chaincodePrograms(setup, each, server)));
  };

  const network = {
    description,
    dir: setup.places.dir,
    connections: connectionsFolder(setup.places),
    setup,
    nodes: () => running().map((each) => describe(each, processOf(each))),
    start: (name: string) => startOne(find(name)),
    stop: (name: string) => processOf(find(name)).end('SIGTERM'),
    kill: (name: string) => processOf(find(name)).end('SIGKILL'),
    leader: (channel: string) => leaderOf(setup, channel),
    async ready() {
      await Promise.all([untilLed(setup), untilAcquainted(setup), untilAnswering(setup)]);
    },
    async open() {
      await makeMaterial(setup);
      for (const each of generations) await makePackages(setup, each);
      say('starting the nodes');
      await Promise.all(running().map(startOne));
      await joinChannels(setup);
      await untilLed(setup);
      await settle();
    },
    async upgrade(version: string) {
      const current = generations.at(-1) as Generation;
      if (current.version === version) return say(`${description.chaincode.name} is ${version} already`);
      const next = { version, generation: current.generation + 1 };
      await makePackages(setup, next);
      generations = [current, next];
      await writeGenerations(setup, generations);
      await settle();
    },
    async close() {
      await endAll(running());
      process.off('exit', killNow);
    },
  };
  return network;
}

function describe({ node, serves, program }: Running, { log }: LastingProcess): NetworkNode {
  return { name: node.name, kind: node.kind, address: `${serves.host}:${serves.port}`, log, program };
}

async function startNode(each: Running, lasting: LastingProcess, detached: boolean): Promise<void> {
  if (lasting.pid() === undefined) {
    if (await each.healthy())
      throw new Error(
        `${each.node.name} can't start: somebody else is at ${each.serves.host}:${each.serves.port} (another network? --port moves this one)`,
      );
    await lasting.start(each.program, detached);
  }
  await until(
    async () => {
      if (lasting.pid() === undefined)
        throw new GaveUp(`${each.node.name} ended while it started. ${await lasting.tail()}`);
      return (await each.healthy()) || undefined;
    },
    START_MS,
    async () => new Error(`${each.node.name} does not answer. ${await lasting.tail()}`),
  );
}
