// SPDX-License-Identifier: Apache-2.0
// What an organization could run in the place of the contract. As chaincode/server.ts, and --lie changes|refuses|impersonates
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import shim, { type ChaincodeStub } from 'fabric-shim';
import { contractChaincode } from '../../../chaincode/invoke.ts';
import { ContractError } from '../../../chaincode/src/errors.ts';

/** How a contract can lie, as what it does to its way to the peer. Whatever it says, the peer signs. */
const LIES: Readonly<Record<string, (stub: ChaincodeStub) => void>> = {
  /** Writes other values than it was told. */
  changes(stub) {
    const put = stub.putState.bind(stub);
    stub.putState = (key, value) => put(key, Buffer.concat([value, Buffer.from(' ')]));
  },
  /** Takes whoever calls for the hospital. */
  impersonates(stub) {
    const { idBytes } = stub.getCreator();
    stub.getCreator = () => ({ mspid: 'HospitalMSP', idBytes });
  },
  /** Does nothing for anybody. */
  refuses() {
    throw new ContractError('PARTICIPANT_UNKNOWN', 'nobody is known here');
  },
};

const { values } = parseArgs({
  options: { address: { type: 'string' }, dir: { type: 'string' }, lie: { type: 'string' } },
});
const { address = '', dir = '', lie = '' } = values;
const tell = LIES[lie];
if (!tell) throw new Error(`no lie is called "${lie}"`);
const honest = contractChaincode();
const read = (name: string): Buffer => readFileSync(join(dir, name));
const server = shim.Shim.server(
  {
    Init: (stub) => honest.Init(stub),
    async Invoke(stub) {
      try {
        tell(stub);
      } catch (error) {
        return shim.error((error as Error).message);
      }
      return honest.Invoke(stub);
    },
  },
  {
    ccid: read('package-id').toString('utf8').trim(),
    address,
    tlsProps: { key: read('server.key'), cert: read('server.crt'), clientCACerts: read('client-ca.crt') },
  },
);
await server.start();
// It ends with whoever started it, however that ends.
process.stdin.resume().once('end', () => process.exit());
