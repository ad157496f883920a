// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Bridge, openBridge } from './bridge.ts';
import { askOperator } from './cli/operator.ts';
import { type Config, DEFAULT_DATA_DIR } from './config.ts';
import { readShown, SHOWN } from './demo/messages.ts';
import { connectMllp } from './ingest/mllp-client.ts';
import { openNetwork } from './network.ts';
import type { Logger } from './operate/log.ts';

/** A hospital and a clinic in one process, on one channel and one database. */
export interface Demo {
  readonly hospital: Bridge;
  readonly clinic: Bridge;
  close(): Promise<void>;
}

/**
 * Where a demonstration keeps its data, unless it is told: on Fabric with the network, for a log goes on where its ledger left it, and
 * `npm run fabric:down -- --clean` then forgets both.
 */
export function demoFolder({ ledger, dataDir, fabricConnections }: Config): string {
  return ledger === 'fabric' && dataDir === DEFAULT_DATA_DIR
    ? join(dirname(fabricConnections), 'demo')
    : dataDir;
}

/** Opens both bridges, registers a client of each at the hospital, feeds an empty hospital, and says where to look. */
export async function openDemo(config: Config, logger: Logger, say: (line: string) => void): Promise<Demo> {
  const started = performance.now();
  const network = await openNetwork(config);
  const hospital = await openBridge(config, network, logger.child({ bridge: config.organization }), {
    tampering: true,
  });
  const clinic = await openBridge(clinicOf(config), network, logger.child({ bridge: 'clinic' }));
  const close = async () => {
    await Promise.all([hospital.close(), clinic.close()]);
    await network.close();
  };
  try {
    const isNew = (await hospital.size()) === 0;
    const keys = join(config.dataDir, 'demo');
    await registerClient(hospital, 'hospital-ehr', config.organization, 'system/*.cruds', keys);
    await registerClient(hospital, 'clinic-app', 'clinic', 'system/*.rs', keys);
    // Both answer from here on; feeding takes its seconds.
    say(`hospital: FHIR ${hospital.baseUrl}/fhir  MLLP ${config.host}:${hospital.mllpPort}`);
    say(`clinic:   FHIR ${clinic.baseUrl}/fhir  MLLP ${config.host}:${clinic.mllpPort}`);
    if (isNew) {
      const { sent, accepted, leaves } = await feed(hospital, config.host);
      say(
        `fed through MLLP: ${sent} messages of fixtures/hl7, ${accepted} accepted, ${leaves} leaves anchored`,
      );
    }
    for (const line of whatToTry(hospital, config, keys)) say(line);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    say(`ready in ${seconds} s; stop with Ctrl-C`);
    return { hospital, clinic, close };
  } catch (error) {
    // Half a demonstration would go on listening.
    await close();
    throw error;
  }
}

function clinicOf(config: Config): Config {
  const next = (port: number) => (port === 0 ? 0 : port + 1);
  return {
    ...config,
    organization: 'clinic',
    organizationName: 'North Clinic',
    role: 'clinic',
    mspId: 'ClinicMSP',
    httpPort: next(config.httpPort),
    mllpPort: next(config.mllpPort),
    baseUrl: '',
  };
}

/** Registers the client with a key made on the first start and kept in the data folder, so that everything can be tried at once. */
async function registerClient(
  bridge: Bridge,
  id: string,
  participant: string,
  scope: string,
  keys: string,
): Promise<void> {
  await mkdir(keys, { recursive: true, mode: 0o700 });
  const file = join(keys, `${id}.jwk`);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const fresh = JSON.stringify({
    ...privateKey.export({ format: 'jwk' }),
    alg: 'ES384',
    kid: id,
    use: 'sig',
  });
  await writeFile(file, `${fresh}\n`, { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const { d: _secret, ...publicJwk } = JSON.parse(await readFile(file, 'utf8')) as { d: string };
  const operator = { url: bridge.baseUrl, dataDir: bridge.folder };
  const known = (await askOperator(operator, 'GET', '/clients')) as readonly { id: string }[];
  if (known.some((client) => client.id === id)) return;
  await askOperator(operator, 'POST', '/clients', {
    id,
    name: id,
    participant,
    scope,
    purposes: ['TREAT', 'ETREAT'],
    jwks: { keys: [publicJwk] },
  });
}

interface Fed {
  readonly sent: number;
  readonly accepted: number;
  readonly leaves: number;
}

/** Sends one message after the other, as an EHR would. */
async function feed(bridge: Bridge, host: string): Promise<Fed> {
  const sender = await connectMllp({ host, port: bridge.mllpPort });
  let accepted = 0;
  for (const name of SHOWN) {
    const answer = await sender.send(await readShown(name));
    if (/\rMSA\|(AA|CA)\|/.test(answer.toString('latin1'))) accepted++;
  }
  await sender.close();
  await bridge.settled();
  return { sent: SHOWN.length, accepted, leaves: await bridge.size() };
}

function whatToTry({ baseUrl, mllpPort }: Bridge, { host, dataDir }: Config, keys: string): string[] {
  const token = `$(./bin/mooring token --client hospital-ehr --key ${join(keys, 'hospital-ehr.jwk')} --url ${baseUrl})`;
  return [
    '',
    `look at   ${baseUrl}/fhir/metadata   ${baseUrl}/log/checkpoint   ${baseUrl}/health/ready`,
    `try       npm run tour${dataDir === DEFAULT_DATA_DIR ? '' : ` -- --data-dir ${dataDir}`}`,
    `          ./bin/mooring send --to ${host}:${mllpPort} fixtures/hl7`,
    `          curl -H "Authorization: Bearer ${token}" '${baseUrl}/fhir/Patient?_count=3'`,
    '',
  ];
}
