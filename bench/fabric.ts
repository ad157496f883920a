// SPDX-License-Identifier: Apache-2.0
// A Fabric network and bridges on it, in processes of their own: node --import tsx bench/fabric.ts [seconds a figure]

import { register } from '../test/ledger/network.ts';
import { endAll } from '../test/network/harness.ts';
import { recordsAnchored } from './fabric/growth.ts';
import { projectionLag } from './fabric/lag.ts';
import { messages } from './fabric/messages.ts';
import { openBenchNetwork } from './fabric/network.ts';
import { revokeToRefuse } from './fabric/revoke.ts';
import { transactions } from './fabric/transactions.ts';
import { printRate } from './rate.ts';

const forMs = Number(process.argv[2] ?? 10) * 1000;
/** As `anchorLeaves` of a bridge is when nobody changes it. */
const BATCH = 5_000;
const REVOCATIONS = 120;

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void endAll().finally(() => process.exit(1)));

const network = await openBenchNetwork((line) => console.error(line));
try {
  const [hospital, clinic, laboratory] = await Promise.all([
    network.ledger('hospital'),
    network.ledger('clinic'),
    network.ledger('laboratory'),
  ]);
  await register(hospital, 'hospital', 'hospital', 'HospitalMSP');
  await register(clinic, 'clinic', 'clinic', 'ClinicMSP');
  await register(laboratory, 'laboratory', 'laboratory', 'LaboratoryMSP');

  const single = await transactions({ hospital, clinic }, forMs);
  const [batched, alone] = [
    await recordsAnchored(hospital, BATCH, forMs),
    await recordsAnchored(hospital, 1, forMs),
  ];
  printRate(`records anchored, ${BATCH} a checkpoint`, batched);
  printRate('records anchored, one a checkpoint', alone);
  console.log(
    `  ratio ${(batched / alone).toFixed(0)}; to one a transaction, 64 at once: ${(batched / single.many.perSecond).toFixed(0)}`,
  );

  const bridge = await network.bridge('hospital');
  await messages(bridge, hospital, { perSecond: 400, forMs, first: 1_000_000 });
  await messages(bridge, hospital, { perSecond: 20, forMs, first: 2_000_000 });
  await projectionLag(bridge, { hospital, clinic }, { lanes: 1, forMs });
  await projectionLag(bridge, { hospital, clinic }, { lanes: 64, forMs });

  const other = await network.bridge('clinic');
  await revokeToRefuse({ hospital: bridge, clinic: other }, network.folder, REVOCATIONS);
} finally {
  await network.close();
}
