// SPDX-License-Identifier: Apache-2.0
// Sets up the network of docker-compose.yaml, from inside of it: `material` before its nodes start, `agree` when they are up.
import { resolve } from 'node:path';
import { readDescriptionFile } from './description.ts';
import { containerPlaces } from './places.ts';
import { deploy } from './setup/deploy.ts';
import { joinChannels } from './setup/join.ts';
import { makeMaterial } from './setup/material.ts';
import { setupOf } from './setup/network.ts';
import { makePackages } from './setup/packages.ts';
import { untilAcquainted, untilAnswering, untilLed } from './setup/ready.ts';
import { findTools } from './tools.ts';

const say = (line: string): void => console.log(line);
const description = await readDescriptionFile(resolve(import.meta.dirname, 'network.yaml'));
const tools = await findTools(process.env['FABRIC_TOOLS'], say);
const setup = setupOf(description, containerPlaces(), tools, say);
// A container of each organization runs the one version that is wanted.
const wanted = process.env['MOORING_CHAINCODE_VERSION'] || description.chaincode.version;
const generation = { version: wanted, generation: 0 };

const step = process.argv[2];
if (step === 'material') {
  await makeMaterial(setup);
  await makePackages(setup, generation);
} else if (step === 'agree') {
  await joinChannels(setup);
  await untilLed(setup);
  await deploy(setup, generation);
  await untilAcquainted(setup);
  await untilAnswering(setup);
  say('ready');
} else {
  throw new Error('usage: container.ts material | agree');
}
