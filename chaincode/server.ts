// SPDX-License-Identifier: Apache-2.0
// The contract as a service for an organization's peers: node --import tsx chaincode/server.ts --address HOST:PORT --dir FOLDER
// In the folder: package-id, server.key, server.crt, client-ca.crt. Peers must show a certificate of that authority.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { address: { type: 'string' }, dir: { type: 'string' } } });
if (!values.address || !values.dir) {
  console.error('usage: server.ts --address HOST:PORT --dir FOLDER');
  process.exit(2);
}
const { address, dir } = values;
// The shim's log has arguments, and at lower levels all that is written and read. It takes its level when it is loaded.
process.env['CORE_CHAINCODE_LOGGING_LEVEL'] = 'critical';
const { default: shim } = await import('fabric-shim');
const { contractChaincode } = await import('./invoke.ts');

const read = (name: string): Buffer => readFileSync(join(dir, name));
/** As much as a peer sends; a message has its call twice, and one that is larger would end the stream for all the others. */
const MAX_MESSAGE_BYTES = 100 * 1024 * 1024;
const server = shim.Shim.server(contractChaincode(), {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  ccid: read('package-id').toString('utf8').trim(),
  address,
  tlsProps: { key: read('server.key'), cert: read('server.crt'), clientCACerts: read('client-ca.crt') },
});
await server.start();
console.log(`the contract is at ${address}`);
