// SPDX-License-Identifier: Apache-2.0
import { describe } from 'node:test';
import { ledgerBehaviour } from '../ledger/behaviour.ts';
import { startTestNetwork } from './support/network.ts';
import { fabricTools } from './support/tools.ts';

const tools = fabricTools();

describe('on a Fabric network', { skip: 'skip' in tools && tools.skip }, () => {
  ledgerBehaviour('fabric', async () => {
    const fabric = await startTestNetwork({ basePort: 21_000, hospitalPeers: 2 });
    const [hospital, clinic] = await Promise.all([fabric.open('hospital'), fabric.open('clinic')]);
    return { hospital: hospital.ledger, clinic: clinic.ledger, close: fabric.close };
  });
});
