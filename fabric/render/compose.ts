// SPDX-License-Identifier: Apache-2.0
import { parseDocument } from 'yaml';
import type { Description } from '../description.ts';
import {
  type ChaincodeNode,
  chaincodesOf,
  type OrdererNode,
  orderersOf,
  type PeerNode,
  peersOf,
} from '../nodes.ts';
import { containerPlaces, nativePlaces, type Places } from '../places.ts';

const FABRIC_VERSION = '2.5.9';
/** Another version given to `docker compose up` upgrades the contract. */
const VERSION_VARIABLE = 'MOORING_CHAINCODE_VERSION';
const MADE = { 'fabric-material': { condition: 'service_completed_successfully' } };

/** The bridge's services of `base`, and under the profile `fabric` a container for each node of the network. */
export function renderCompose(base: string, description: Description): string {
  const document = parseDocument(base);
  const places = containerPlaces();
  const nodes = [...orderersOf(description), ...peersOf(description)];
  const chaincodes = chaincodesOf(description);
  const services = {
    'fabric-material': renderSetup('material', description, places, {}),
    ...Object.fromEntries(nodes.map((node) => [node.name, renderNode(node, description, places)])),
    ...Object.fromEntries(chaincodes.map((node) => [node.name, renderChaincode(node, description, places)])),
    'fabric-setup': renderSetup(
      'agree',
      description,
      places,
      Object.fromEntries(
        [...nodes, ...chaincodes].map(({ name }) => [name, { condition: 'service_healthy' }]),
      ),
    ),
  };
  for (const [name, service] of Object.entries(services)) document.setIn(['services', name], service);
  for (const name of ['fabric', 'fabric-chaincode', 'fabric-connections', ...nodes.map((each) => each.name)])
    document.setIn(['volumes', name], null);
  return document.toString({ lineWidth: 0, nullStr: '', flowCollectionPadding: false });
}

const version = (description: Description): string =>
  `\${${VERSION_VARIABLE}:-${description.chaincode.version}}`;

/** Runs to its end: makes keys and configuration before the nodes start, or joins them and deploys the contract after it. */
function renderSetup(
  step: 'material' | 'agree',
  description: Description,
  { dir }: Places,
  dependsOn: object,
): object {
  const run = `node --import tsx fabric/container.ts ${step}`;
  // The bridge and the contract run without root, and read what this makes.
  const handOver = `chown -R node:node ${dir}/chaincode ${dir}/connections`;
  return {
    profiles: ['fabric'],
    build: { context: '.', target: 'fabric' },
    ...(Object.keys(dependsOn).length > 0 ? { depends_on: dependsOn } : {}),
    environment: { [VERSION_VARIABLE]: version(description) },
    command: step === 'material' ? ['sh', '-c', `${run} && ${handOver}`] : run.split(' '),
    volumes: [`fabric:${dir}`, `fabric-chaincode:${dir}/chaincode`, `fabric-connections:${dir}/connections`],
  };
}

function renderNode(node: OrdererNode | PeerNode, description: Description, places: Places): object {
  const { operations, data } = node.kind === 'peer' ? places.peer(node) : places.orderer(node);
  return {
    profiles: ['fabric'],
    image: `hyperledger/fabric-${node.kind}:${FABRIC_VERSION}`,
    depends_on: MADE,
    environment: { FABRIC_CFG_PATH: `${places.dir}/nodes/${node.name}`, FABRIC_LOGGING_SPEC: 'warn' },
    command: node.kind === 'peer' ? ['peer', 'node', 'start'] : ['orderer'],
    ...(node.kind === 'peer' ? { ports: [renderPort(node, description, places)] } : {}),
    volumes: [`fabric:${places.dir}:ro`, `${node.name}:${data}`],
    // The image has neither curl nor wget.
    healthcheck: healthcheck('bash', [
      '-c',
      `exec 3<>/dev/tcp/127.0.0.1/${operations.port} && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '200 OK' <&3`,
    ]),
    restart: 'unless-stopped',
  };
}

/** For clients on this machine, at the same port as natively. */
function renderPort(node: PeerNode, description: Description, places: Places): string {
  const native = nativePlaces(description, '.').peer(node).serves;
  return `127.0.0.1:${native.port}:${places.peer(node).serves.port}`;
}

function renderChaincode(node: ChaincodeNode, description: Description, places: Places): object {
  const { bind, port } = places.chaincode(node.organization, 0);
  const folder = `${places.dir}/chaincode`;
  const own = `${folder}/${node.organization.id}/${version(description)}`;
  const connect = `require('node:net').connect(${port}, '127.0.0.1').on('connect', () => process.exit(0)).on('error', () => process.exit(1))`;
  return {
    profiles: ['fabric'],
    build: '.',
    depends_on: MADE,
    command: ['node', '--import', 'tsx', 'chaincode/server.ts', '--address', `${bind}:${port}`, '--dir', own],
    volumes: [`fabric-chaincode:${folder}:ro`],
    healthcheck: healthcheck('node', ['-e', connect]),
    restart: 'unless-stopped',
  };
}

const healthcheck = (program: string, args: readonly string[]): object => ({
  test: ['CMD', program, ...args],
  interval: '5s',
  timeout: '5s',
  retries: 12,
  start_period: '10s',
});
