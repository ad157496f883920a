// SPDX-License-Identifier: Apache-2.0
import { after, before, describe } from 'node:test';
import { ledgerBehaviour } from '../ledger/behaviour.ts';
import { evidenceBehaviour } from './support/evidence.ts';
import { startTestNetwork, type TestFabric } from './support/network.ts';
import { fabricTools } from './support/tools.ts';

const tools = fabricTools();

describe('on a Fabric network', { skip: 'skip' in tools && tools.skip }, () => {
  let fabric: TestFabric;
  before(async () => {
    fabric = await startTestNetwork({ basePort: 21_000, hospitalPeers: 2 });
  });
  after(() => fabric?.close());

  ledgerBehaviour('fabric', async () => {
    const [hospital, clinic] = await Promise.all([fabric.open('hospital'), fabric.open('clinic')]);
    return { hospital: hospital.ledger, clinic: clinic.ledger, close: async () => {} };
  });
  evidenceBehaviour(() => fabric);
});
