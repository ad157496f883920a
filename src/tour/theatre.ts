// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Config, readConfig } from '../config.ts';
import { demoFolder, openDemo } from '../demo.ts';
import { openLogger } from '../operate/log.ts';
import type { StageOptions } from './stage.ts';

const FABRIC = fileURLToPath(new URL('../../fabric/main.ts', import.meta.url));

/** A demonstration of the tour's own, on free ports, so that it disturbs nobody. */
export interface OwnNetwork {
  readonly stage: StageOptions;
  stop(): Promise<void>;
}

/** On Fabric the network of `npm run fabric:up` is started first, unless it runs, and left running. */
export async function startOwnNetwork(
  ledger: Config['ledger'],
  say: (line: string) => void,
): Promise<OwnNetwork> {
  const own = { ledger, httpPort: 0, mllpPort: 0, baseUrl: '' };
  const settings = readConfig({ MOORING_LOG_LEVEL: 'warn', ...process.env }, undefined, own);
  if (ledger === 'fabric') await fabricUp(dirname(settings.fabricConnections));
  const dataDir = ledger === 'fabric' ? demoFolder(settings) : await mkdtemp(join(tmpdir(), 'mooring-tour-'));
  const config = { ...settings, dataDir };
  say('\na hospital and a clinic start; a new hospital is fed messages of fixtures/hl7 first');
  // What one can try at a demonstration is over before anybody has typed it.
  const demo = await openDemo(config, openLogger(config.logLevel), () => {});
  say(`hospital: ${demo.hospital.baseUrl}/fhir, MLLP ${config.host}:${demo.hospital.mllpPort}`);
  say(`clinic:   ${demo.clinic.baseUrl}/fhir, MLLP ${config.host}:${demo.clinic.mllpPort}`);
  return {
    stage: {
      url: demo.hospital.baseUrl,
      mllp: { host: config.host, port: demo.hospital.mllpPort },
      dataDir,
    },
    async stop() {
      await demo.close();
      if (ledger === 'embedded') await rm(dataDir, { recursive: true });
      else say('The Fabric network goes on; "npm run fabric:down" stops it, "-- --clean" forgets it.');
    },
  };
}

/** `dir`: what the network keeps, its connection files among it. */
async function fabricUp(dir: string): Promise<void> {
  const up = spawn(process.execPath, ['--import', 'tsx', FABRIC, 'up', '--dir', dir], { stdio: 'inherit' });
  const [code] = (await once(up, 'close')) as [number | null];
  if (code !== 0) throw new Error('the Fabric network did not start');
}
