// SPDX-License-Identifier: Apache-2.0
import { organizationsOf, type PeerNode, peersOf } from '../nodes.ts';
import { address } from '../places.ts';
import { CommandError } from '../run/command.ts';
import { asAdmin, toOrderer } from './admin.ts';
import { collectionsFile, type Setup } from './network.ts';
import { chaincodeFolder, type Generation, packageFile, readPackageId } from './packages.ts';

/** What a channel agreed on: version, and how often it has agreed on one. */
export interface Committed {
  readonly version: string;
  readonly sequence: number;
}

/** Installs a version on every peer; then each member of each channel approves it, and it is committed. Done parts are left. */
export async function deploy(setup: Setup, generation: Generation): Promise<void> {
  const { description, say } = setup;
  await Promise.all(peersOf(description).map((peer) => install(setup, peer, generation)));
  for (const channel of Object.keys(description.channels)) {
    const committed = await readCommitted(setup, channel);
    if (committed?.version === generation.version) continue;
    const sequence = (committed?.sequence ?? 0) + 1;
    await agree(setup, channel, generation, sequence);
    say(`channel ${channel}: ${description.chaincode.name} ${generation.version}, sequence ${sequence}`);
  }
}

/** `undefined`: the channel has no contract yet. */
export async function readCommitted(setup: Setup, channel: string): Promise<Committed | undefined> {
  const { description } = setup;
  const [peer] = peersOf(description, description.channels[channel]);
  if (!peer) throw new Error(`there is no channel ${channel}`);
  const args = ['lifecycle', 'chaincode', 'querycommitted', '-C', channel, '--output', 'json'];
  const said: unknown = JSON.parse(await asAdmin(setup, peer, args));
  const { chaincode_definitions: definitions } = said as {
    chaincode_definitions?: { name: string; version: string; sequence: number }[];
  };
  const found = definitions?.find(({ name }) => name === description.chaincode.name);
  return found && { version: found.version, sequence: Number(found.sequence) };
}

async function install(setup: Setup, peer: PeerNode, generation: Generation): Promise<void> {
  const folder = chaincodeFolder(setup, peer.organization, generation);
  const id = await readPackageId(folder);
  const listed = await asAdmin(setup, peer, ['lifecycle', 'chaincode', 'queryinstalled', '--output', 'json']);
  if (id === undefined || listed.includes(`"${id}"`)) return;
  await asAdmin(setup, peer, ['lifecycle', 'chaincode', 'install', packageFile(folder)]);
}

async function agree(setup: Setup, channel: string, generation: Generation, sequence: number): Promise<void> {
  const { description, places } = setup;
  const members = description.channels[channel];
  const definition = [
    ...['-C', channel, '-n', description.chaincode.name, '-v', generation.version],
    ...['--sequence', String(sequence), '--collections-config', collectionsFile(places, channel)],
    // The channel's own rule, said here so that it is seen: a majority of its organizations endorses.
    ...['--channel-config-policy', '/Channel/Application/Endorsement'],
    ...(await toOrderer(setup)),
  ];
  const peers = organizationsOf(description, members).flatMap(({ id }) =>
    peersOf(description, [id]).slice(0, 1),
  );
  await Promise.all(peers.map((peer) => approve(setup, peer, definition, generation)));
  const everywhere = peers.flatMap((peer) => [
    ...['--peerAddresses', address(places.peer(peer).serves)],
    ...['--tlsRootCertFiles', setup.keys.peer(peer).tls.authority],
  ]);
  const [first] = peers;
  if (first) await asAdmin(setup, first, ['lifecycle', 'chaincode', 'commit', ...definition, ...everywhere]);
}

async function approve(
  setup: Setup,
  peer: PeerNode,
  definition: readonly string[],
  generation: Generation,
): Promise<void> {
  const id = await readPackageId(chaincodeFolder(setup, peer.organization, generation));
  const args = ['lifecycle', 'chaincode', 'approveformyorg', ...definition, '--package-id', id ?? ''];
  try {
    await asAdmin(setup, peer, args);
  } catch (error) {
    // From a start that was broken off.
    if (!(error instanceof CommandError && error.said.includes('unchanged content'))) throw error;
  }
}
