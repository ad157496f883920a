// SPDX-License-Identifier: Apache-2.0
import { type FabricCall, readCall } from './block-call.ts';
import { type FabricSigner, readSigner } from './identity.ts';
import {
  CHANNEL_HEADER,
  ENVELOPE,
  HEADER,
  HEADER_EXTENSION,
  PAYLOAD,
  TIMESTAMP,
  TRANSACTION,
  TRANSACTION_ACTION,
} from './messages.ts';
import { nameOf } from './names.ts';
import { BlockError, present, readMessage, textOf } from './wire.ts';

/** An envelope of a block, read: what its signatures say is for others to check. */
export interface FabricTransaction {
  /** Empty in the first block of a channel. */
  readonly id: string;
  readonly channel: string;
  /** Epoch milliseconds that the submitter put on it. */
  readonly at: number;
  readonly creator: FabricSigner;
  /** The creator's identity as its bytes; SHA-256 of nonce and these is the id. */
  readonly creatorBytes: Uint8Array;
  readonly nonce: Uint8Array;
  readonly signature: Uint8Array;
  readonly signedBytes: Uint8Array;
  /** Absent in what calls no chaincode, such as a change of the channel's configuration. */
  readonly call?: FabricCall;
}

/** common/common.proto, `HeaderType`. */
const ENDORSER_TRANSACTION = 3n;

/** The bytes of a `common.Envelope`. Throws BlockError. */
export function readTransaction(envelope: Uint8Array): FabricTransaction {
  const { payload, signature } = openEnvelope(envelope);
  return readPayload(payload, signature);
}

/** Throws BlockError. */
export function openEnvelope(envelope: Uint8Array): { payload: Uint8Array; signature: Uint8Array } {
  return readMessage(envelope, 'envelope', ENVELOPE);
}

/** The bytes of a `common.Payload`, with the signature over them. Throws BlockError. */
export function readPayload(bytes: Uint8Array, signature: Uint8Array): FabricTransaction {
  const payload = readMessage(bytes, 'payload', PAYLOAD);
  const header = readMessage(present(payload.header, 'header of the payload'), 'header', HEADER);
  const { channelHeader: channelBytes, signatureHeader } = header;
  const channelHeader = readMessage(channelBytes, 'channel header', CHANNEL_HEADER);
  const { signer, creator, nonce } = readSigner(signatureHeader);
  return {
    id: textOf(channelHeader.transactionId, 'id of the transaction'),
    channel: textOf(channelHeader.channel, 'name of the channel'),
    at: timeOf(present(channelHeader.timestamp, 'time of the transaction')),
    creator: signer,
    creatorBytes: creator,
    nonce,
    signature,
    signedBytes: bytes,
    ...(channelHeader.type === ENDORSER_TRANSACTION
      ? {
          call: readCall({
            action: actionOf(payload.data, signatureHeader),
            channelBytes,
            signatureHeader,
            chaincodeOfHeader: chaincodeOf(channelHeader.extension),
          }),
        }
      : {}),
  };
}

/** Fabric takes transactions of exactly one action, made by who made the transaction. */
function actionOf(data: Uint8Array, signatureHeader: Uint8Array): Uint8Array {
  const [first, ...others] = readMessage(data, 'transaction', TRANSACTION).actions;
  if (!first || others.length > 0) throw new BlockError('a transaction has one action');
  const { header, payload } = readMessage(first, 'action', TRANSACTION_ACTION);
  if (!Buffer.from(header).equals(signatureHeader))
    throw new BlockError('the action is made by someone else than the transaction');
  return payload;
}

function chaincodeOf(extension: Uint8Array): string {
  const { chaincode } = readMessage(extension, 'extension of the channel header', HEADER_EXTENSION);
  return nameOf(present(chaincode, 'chaincode of the channel header'));
}

function timeOf(timestamp: Uint8Array): number {
  const { seconds, nanos } = readMessage(timestamp, 'time of the transaction', TIMESTAMP);
  const at = Number(seconds) * 1000 + Math.floor(Number(nanos) / 1_000_000);
  if (Number.isNaN(new Date(at).getTime())) throw new BlockError('time of the transaction is none');
  return at;
}
