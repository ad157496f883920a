// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { type FabricSigner, readIdentity } from './identity.ts';
import {
  CHAINCODE_ACTION,
  CHAINCODE_ACTION_PAYLOAD,
  CHAINCODE_EVENT,
  CHAINCODE_INPUT,
  CHAINCODE_SPEC,
  ENDORSED_ACTION,
  ENDORSEMENT,
  INVOCATION,
  KEY_VALUE_SET,
  KEY_VALUE_WRITE,
  NAMESPACE_SET,
  PROPOSAL_PAYLOAD,
  READ_WRITE_SET,
  RESPONSE,
  RESPONSE_PAYLOAD,
} from './messages.ts';
import { nameOf } from './names.ts';
import { present, readMessage, textOf } from './wire.ts';

export interface Endorsement {
  readonly endorser: FabricSigner;
  readonly signature: Uint8Array;
  readonly signedBytes: Uint8Array;
}

export interface PublicWrite {
  readonly namespace: string;
  readonly key: string;
  /** Absent: deleted. */
  readonly value?: Uint8Array;
}

/** One call of a chaincode, and what its endorsers say came of it. */
export interface FabricCall {
  /** As the header, the call itself and the endorsers name it. */
  readonly chaincodes: readonly [string, string, string];
  readonly args: readonly Uint8Array[];
  readonly response: { readonly status: number; readonly payload: Uint8Array };
  readonly events: readonly {
    readonly chaincode: string;
    readonly name: string;
    readonly payload: Uint8Array;
  }[];
  readonly writes: readonly PublicWrite[];
  /** Collections of private data of which hashes stand in the block. */
  readonly privateCollections: number;
  readonly endorsements: readonly Endorsement[];
  /** The endorsers answered this very proposal. */
  readonly isBound: boolean;
}

/** A `protos.ChaincodeActionPayload`, with the headers that its proposal had. Throws BlockError. */
export function readCall(from: {
  readonly action: Uint8Array;
  readonly channelBytes: Uint8Array;
  readonly signatureHeader: Uint8Array;
  readonly chaincodeOfHeader: string;
}): FabricCall {
  const { proposed, action } = readMessage(from.action, 'payload of the action', CHAINCODE_ACTION_PAYLOAD);
  const endorsed = readMessage(present(action, 'endorsed action'), 'endorsed action', ENDORSED_ACTION);
  const { answer } = endorsed;
  const { proposalHash, extension } = readMessage(answer, 'answer to the proposal', RESPONSE_PAYLOAD);
  const done = readMessage(extension, 'action of the chaincode', CHAINCODE_ACTION);
  const { name, args } = readInvocation(proposed);
  const response = readMessage(present(done.response, 'response of the chaincode'), 'response', RESPONSE);
  const hash = createHash('sha256').update(from.channelBytes).update(from.signatureHeader).update(proposed);
  return {
    chaincodes: [from.chaincodeOfHeader, name, nameOf(present(done.chaincode, 'chaincode of the answer'))],
    args,
    response: { status: Number(response.status), payload: response.payload },
    events: readEvents(done.events),
    ...readResults(done.results),
    endorsements: endorsed.endorsements.map((each) => {
      const { endorser, signature } = readMessage(each, 'endorsement', ENDORSEMENT);
      return { endorser: readIdentity(endorser), signature, signedBytes: Buffer.concat([answer, endorser]) };
    }),
    isBound: hash.digest().equals(proposalHash),
  };
}

function readInvocation(proposed: Uint8Array): { name: string; args: readonly Uint8Array[] } {
  const what = 'call of the chaincode';
  const { input: invocation } = readMessage(proposed, 'payload of the proposal', PROPOSAL_PAYLOAD);
  const { spec } = readMessage(invocation, what, INVOCATION);
  const { chaincode, input } = readMessage(present(spec, what), what, CHAINCODE_SPEC);
  return {
    name: nameOf(present(chaincode, 'chaincode of the call')),
    args: readMessage(present(input, 'arguments of the call'), what, CHAINCODE_INPUT).args,
  };
}

/** A transaction has one event of its chaincode or none. */
function readEvents(bytes: Uint8Array): FabricCall['events'] {
  if (bytes.length === 0) return [];
  const { chaincode, name, payload } = readMessage(bytes, 'event', CHAINCODE_EVENT);
  return [
    {
      chaincode: textOf(chaincode, 'chaincode of the event'),
      name: textOf(name, 'name of the event'),
      payload,
    },
  ];
}

function readResults(bytes: Uint8Array): Pick<FabricCall, 'writes' | 'privateCollections'> {
  const sets = readMessage(bytes, 'read and write set', READ_WRITE_SET).namespaces.map((each) =>
    readMessage(each, 'read and write set', NAMESPACE_SET),
  );
  return {
    writes: sets.flatMap(({ namespace, set }) => readWrites(textOf(namespace, 'namespace'), set)),
    privateCollections: sets.reduce((sum, { collections }) => sum + collections.length, 0),
  };
}

function readWrites(namespace: string, set: Uint8Array): PublicWrite[] {
  return readMessage(set, 'writes', KEY_VALUE_SET).writes.map((each) => {
    const { key, isDelete, value } = readMessage(each, 'write', KEY_VALUE_WRITE);
    return { namespace, key: textOf(key, 'key'), ...(isDelete === 0n ? { value } : {}) };
  });
}
