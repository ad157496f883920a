// SPDX-License-Identifier: Apache-2.0
import { endAll, temporaryFolder } from '../test/network/harness.ts';

/** A folder for bridges; they end and it goes with the benchmark, be that by an error or by a signal. */
export async function inFolder(act: (path: string) => Promise<void>): Promise<void> {
  const folder = await temporaryFolder();
  const end = async () => {
    await endAll();
    await folder.remove();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void end().finally(() => process.exit(1)));
  try {
    await act(folder.path);
  } finally {
    await end();
  }
}
