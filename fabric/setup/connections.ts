// SPDX-License-Identifier: Apache-2.0
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Organization } from '../description.ts';
import { peersOf } from '../nodes.ts';
import { authorityFile, renderConnection } from '../render/connection.ts';
import { connectionsFolder, type Setup } from './network.ts';

/** `<organization>.json` for each bridge, with all that it names beside it: what one takes to the bridge's machine. */
export async function writeConnections(setup: Setup): Promise<void> {
  const { description, places, keys } = setup;
  const folder = connectionsFolder(places);
  await mkdir(dirname(join(folder, authorityFile(''))), { recursive: true, mode: 0o700 });
  for (const mspId of [description.ordering.mspId, ...description.organizations.map((each) => each.mspId)])
    await copyFile(
      await onlyFile(join(keys.membership(mspId), 'cacerts')),
      join(folder, authorityFile(mspId)),
    );
  for (const organization of description.organizations) await writeConnection(setup, folder, organization);
}

async function writeConnection(
  { description, places, keys }: Setup,
  folder: string,
  organization: Organization,
): Promise<void> {
  const own = join(folder, organization.id);
  const { msp } = keys.bridge(organization);
  const [peer] = peersOf(description, [organization.id]);
  await mkdir(own, { recursive: true, mode: 0o700 });
  await copyFile(await onlyFile(join(msp, 'signcerts')), join(own, 'certificate.pem'));
  await copyFile(await onlyFile(join(msp, 'keystore')), join(own, 'key.pem'));
  if (peer) await copyFile(keys.peer(peer).tls.authority, join(own, 'tls.pem'));
  await writeFile(`${own}.json`, renderConnection(description, places, organization));
}

async function onlyFile(folder: string): Promise<string> {
  const [name, ...more] = await readdir(folder);
  if (name === undefined || more.length > 0) throw new Error(`${folder}: expected one file`);
  return join(folder, name);
}
