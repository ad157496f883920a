// SPDX-License-Identifier: Apache-2.0
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { Organization } from '../description.ts';
import { address } from '../places.ts';
import { packageId, renderPackage } from '../render/package.ts';
import type { Setup } from './network.ts';

/** One version of the contract, and which it is in the order of versions here: 0 is the first. */
export interface Generation {
  readonly version: string;
  readonly generation: number;
}

/** What a peer installs. */
export const packageFile = (folder: string): string => `${folder}/package.tar.gz`;

/** Where an organization has a version of the contract: `package.tar.gz`, and what `chaincode/server.ts` reads. */
export function chaincodeFolder({ places }: Setup, { id }: Organization, { version }: Generation): string {
  return `${places.dir}/chaincode/${id}/${version}`;
}

/** Each organization has a package of its own, which leads its peers to its own process and nobody else's. */
export async function makePackages(setup: Setup, generation: Generation): Promise<void> {
  for (const organization of setup.description.organizations) {
    const folder = chaincodeFolder(setup, organization, generation);
    if ((await readPackageId(folder)) === undefined) await makePackage(setup, organization, generation);
  }
}

/** `undefined`: there is none in this folder. */
export async function readPackageId(folder: string): Promise<string | undefined> {
  return readFile(`${folder}/package-id`, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

async function makePackage(setup: Setup, organization: Organization, generation: Generation): Promise<void> {
  const { description, places, keys } = setup;
  const { server, client } = keys.chaincode(organization);
  const folder = chaincodeFolder(setup, organization, generation);
  const making = `${folder}.making`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true, mode: 0o700 });
  const label = `${description.chaincode.name}_${generation.version}`;
  const content = renderPackage(label, {
    address: address(places.chaincode(organization, generation.generation)),
    clientKey: await readFile(client.key, 'utf8'),
    clientCertificate: await readFile(client.certificate, 'utf8'),
    authority: await readFile(server.authority, 'utf8'),
  });
  await writeFile(packageFile(making), content, { mode: 0o600 });
  await writeFile(`${making}/package-id`, `${packageId(label, content)}\n`);
  await copyFile(server.key, `${making}/server.key`);
  await copyFile(server.certificate, `${making}/server.crt`);
  await copyFile(client.authority, `${making}/client-ca.crt`);
  await rename(making, folder);
}
