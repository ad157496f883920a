// SPDX-License-Identifier: Apache-2.0
import { endAll } from '../../network/harness.ts';
import { type Member, openMember } from '../support/member.ts';
import { startTestNetwork, type TestFabric } from '../support/network.ts';

/** Three organizations: the hospital is on both channels, the clinic on `exchange` only, the laboratory on both, at home on `research`. */
export interface Members {
  readonly fabric: TestFabric;
  readonly hospital: Member;
  readonly clinic: Member;
  readonly laboratory: Member;
  close(): Promise<void>;
}

const BASE_PORT = 26_000;
const ENV = { MOORING_LOG_LEVEL: 'warn', MOORING_ANCHOR_INTERVAL_MS: '100' };

export async function openMembers(): Promise<Members> {
  const fabric = await startTestNetwork({ basePort: BASE_PORT });
  try {
    const [hospital, clinic, laboratory] = await Promise.all([
      openMember(fabric, 'hospital', { ...ENV, MOORING_CHANNELS: 'exchange,research' }),
      openMember(fabric, 'clinic', ENV),
      openMember(fabric, 'laboratory', { ...ENV, MOORING_CHANNELS: 'research,exchange' }),
    ]);
    return { fabric, hospital, clinic, laboratory, close: () => fabric.close() };
  } catch (error) {
    await endAll();
    await fabric.close();
    throw error;
  }
}
