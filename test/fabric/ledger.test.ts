// SPDX-License-Identifier: Apache-2.0
import { describe } from 'node:test';
import { ledgerBehaviour } from '../ledger/behaviour.ts';
import { openAdapterNetwork, skipWithoutFabric } from './adapter-network.ts';

describe('on a Fabric network', { skip: skipWithoutFabric() }, () => {
  ledgerBehaviour('fabric', async () => {
    const fabric = await openAdapterNetwork(21_000);
    const [hospital, clinic] = await Promise.all([fabric.open('hospital'), fabric.open('clinic')]);
    return { hospital: hospital.ledger, clinic: clinic.ledger, close: fabric.close };
  });
});
