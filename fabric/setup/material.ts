// SPDX-License-Identifier: Apache-2.0
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CHAINCODE_HOSTS } from '../keys.ts';
import { orderersOf, peersOf } from '../nodes.ts';
import { renderCollections } from '../render/collections.ts';
import { renderConfigtx } from '../render/configtx.ts';
import { renderCryptoConfig } from '../render/crypto.ts';
import { ordererChanges } from '../render/orderer.ts';
import { peerChanges } from '../render/peer.ts';
import { changeSample } from '../render/sample.ts';
import { cleanEnvironment, run } from '../run/command.ts';
import { writeConnections } from './connections.ts';
import { channelBlock, collectionsFile, keysFolder, nodeFolder, type Setup } from './network.ts';

const COMMAND_MS = 60_000;

/**
 * Makes what is not there yet: keys, the first block of each channel, the nodes' configuration, the bridges' connection files.
 * Each appears whole or not at all, so that a start that was broken off is simply repeated.
 */
export async function makeMaterial(setup: Setup): Promise<void> {
  await assertSameDescription(setup);
  await makeKeys(setup);
  await makeChannels(setup);
  await writeConfiguration(setup);
  await writeConnections(setup);
}

/** Keys and channels hold names, addresses and members: from another description they would contradict it. */
async function assertSameDescription({ description, places }: Setup): Promise<void> {
  // The version of the chaincode changes by upgrading.
  const text = `${JSON.stringify({ ...description, chaincode: description.chaincode.name }, null, 2)}\n`;
  const file = `${places.dir}/description.json`;
  await mkdir(places.dir, { recursive: true, mode: 0o700 });
  const before = await readFile(file, 'utf8').catch(() => undefined);
  if (before === undefined) return writeWhole(file, text);
  if (before !== text)
    throw new Error(
      `${places.dir} was made from another description (${file} has it): use that again, or another --dir, or begin anew with fabric:down -- --clean`,
    );
}

async function makeKeys({ description, places, tools, say }: Setup): Promise<void> {
  const folder = keysFolder(places);
  if (await exists(folder)) return;
  say('making keys and certificates');
  const making = `${folder}.making`;
  await rm(making, { recursive: true, force: true });
  const config = `${places.dir}/cryptogen.yaml`;
  await writeFile(config, renderCryptoConfig(description));
  const args = ['generate', `--config=${config}`, `--output=${making}`];
  await run(`${tools.bin}/cryptogen`, args, { env: cleanEnvironment({}), timeoutMs: COMMAND_MS });
  for (const { id } of description.organizations) {
    const organization = `${id}.${description.domain}`;
    for (const host of CHAINCODE_HOSTS) {
      // The contract's process endorses nothing: that is done by its peer.
      const identity = `${making}/peerOrganizations/${organization}/peers/${host}.${organization}/msp`;
      await rm(identity, { recursive: true });
    }
  }
  await rename(making, folder);
}

async function makeChannels({ description, places, keys, tools, say }: Setup): Promise<void> {
  const config = `${places.dir}/configtx`;
  await mkdir(config, { recursive: true });
  await mkdir(dirname(channelBlock(places, '')), { recursive: true });
  await writeFile(`${config}/configtx.yaml`, renderConfigtx(description, places, keys));
  for (const [channel, members] of Object.entries(description.channels)) {
    await writeWhole(collectionsFile(places, channel), renderCollections(description, members));
    const block = channelBlock(places, channel);
    if (await exists(block)) continue;
    say(`first block of channel ${channel}`);
    const args = ['-profile', channel, '-channelID', channel, '-outputBlock', `${block}.making`];
    const env = cleanEnvironment({ FABRIC_CFG_PATH: config });
    await run(`${tools.bin}/configtxgen`, args, { env, timeoutMs: COMMAND_MS });
    await rename(`${block}.making`, block);
  }
}

async function writeConfiguration({ description, places, keys, tools }: Setup): Promise<void> {
  const orderer = await readFile(`${tools.config}/orderer.yaml`, 'utf8');
  for (const node of orderersOf(description))
    await writeNode(
      nodeFolder(places, node.name),
      'orderer.yaml',
      changeSample(orderer, ordererChanges(description, places, keys, node)),
    );
  const core = await readFile(`${tools.config}/core.yaml`, 'utf8');
  for (const node of peersOf(description))
    await writeNode(
      nodeFolder(places, node.name),
      'core.yaml',
      changeSample(core, peerChanges(description, places, keys, node)),
    );
}

async function writeNode(folder: string, name: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeWhole(`${folder}/${name}`, text);
}

async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.making`, text);
  await rename(`${file}.making`, file);
}

/** A folder counts when there is something in it. */
async function exists(path: string): Promise<boolean> {
  return readdir(path).then(
    (names) => names.length > 0,
    () =>
      access(path).then(
        () => true,
        () => false,
      ),
  );
}
