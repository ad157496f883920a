// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes, sign } from 'node:crypto';
import type { Holder } from './certificates.ts';
import {
  chaincode,
  common,
  identities,
  kvRwset,
  proposal,
  proposalResponse,
  rwset,
  transaction,
} from './protos.ts';

/** Someone of an organization. */
export interface Member {
  readonly mspId: string;
  readonly holder: Holder;
}

/** A transaction as its forger wants it. */
export interface Script {
  readonly channel: string;
  readonly chaincode: string;
  readonly args: readonly string[];
  readonly at: number;
  readonly creator: Member;
  readonly endorsers: readonly Member[];
  /** Given the id of the transaction. */
  readonly writes: (id: string) => Readonly<Record<string, string>>;
  readonly response: (id: string) => string;
  readonly status?: number;
  /** Signs for somebody, where it isn't done as it should be. */
  readonly sign?: (member: Member, bytes: Uint8Array) => Uint8Array;
  /** What the endorsers are made to believe that they were asked. */
  readonly otherProposal?: boolean;
  readonly otherId?: string;
}

const HALF_ORDER = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8n;
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

export function identityOf({ mspId, holder }: Member): Uint8Array {
  const identity = new identities.SerializedIdentity();
  identity.setMspid(mspId);
  identity.setIdBytes(Buffer.from(holder.certificate, 'utf8'));
  return identity.serializeBinary();
}

/** As Fabric's signers do; or, with `high`, the twin of that signature. */
export function signAs({ holder }: Member, bytes: Uint8Array, high = false): Uint8Array {
  const raw = sign('sha256', bytes, { key: holder.key, dsaEncoding: 'ieee-p1363' });
  const number = (part: Buffer) => BigInt(`0x${part.toString('hex')}`);
  const s = number(raw.subarray(32));
  const wanted = s > HALF_ORDER === high ? s : ORDER - s;
  const integers = [number(raw.subarray(0, 32)), wanted].map(integer);
  const body = Buffer.concat(integers);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}

function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
  const positive = (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]);
  return Buffer.concat([Buffer.of(0x02, positive.length), positive]);
}

export function signatureHeaderOf(member: Member, nonce = randomBytes(24)): Uint8Array {
  const header = new common.SignatureHeader();
  header.setCreator(identityOf(member));
  header.setNonce(nonce);
  return header.serializeBinary();
}

/** The bytes of a `common.Envelope` with everything that a real one has. */
export function forgeEnvelope(script: Script): { id: string; envelope: Uint8Array; payload: Uint8Array } {
  const nonce = randomBytes(24);
  const signing = script.sign ?? signAs;
  const id =
    script.otherId ?? createHash('sha256').update(nonce).update(identityOf(script.creator)).digest('hex');
  const signatureHeader = signatureHeaderOf(script.creator, nonce);
  const channelHeader = channelHeaderOf(script, id);
  const proposed = proposedOf(script);
  const answer = answerOf(
    script,
    id,
    hashOf(channelHeader, signatureHeader, script.otherProposal ? Buffer.of(1) : proposed),
  );

  const endorsed = new transaction.ChaincodeEndorsedAction();
  endorsed.setProposalResponsePayload(answer);
  endorsed.setEndorsementsList(
    script.endorsers.map((member) => {
      const endorsement = new proposalResponse.Endorsement();
      endorsement.setEndorser(identityOf(member));
      endorsement.setSignature(signing(member, Buffer.concat([answer, identityOf(member)])));
      return endorsement;
    }),
  );
  const actionPayload = new transaction.ChaincodeActionPayload();
  actionPayload.setChaincodeProposalPayload(proposed);
  actionPayload.setAction(endorsed);
  const action = new transaction.TransactionAction();
  action.setHeader(signatureHeader);
  action.setPayload(actionPayload.serializeBinary());
  const whole = new transaction.Transaction();
  whole.setActionsList([action]);

  const header = new common.Header();
  header.setChannelHeader(channelHeader);
  header.setSignatureHeader(signatureHeader);
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(whole.serializeBinary());
  const bytes = payload.serializeBinary();
  const envelope = new common.Envelope();
  envelope.setPayload(bytes);
  envelope.setSignature(signing(script.creator, bytes));
  return { id, envelope: envelope.serializeBinary(), payload: bytes };
}

function channelHeaderOf(script: Script, id: string): Uint8Array {
  const extension = new proposal.ChaincodeHeaderExtension();
  extension.setChaincodeId(chaincodeId(script));
  // A time is a message of another package: here it is read from its bytes, as field 3 with the seconds as field 1.
  const seconds = varint(Math.floor(script.at / 1000));
  const timestamp = Buffer.concat([Buffer.of(0x1a, seconds.length + 1, 0x08), seconds]);
  const header = common.ChannelHeader.deserializeBinary(timestamp);
  header.setType(common.HeaderType.ENDORSER_TRANSACTION);
  header.setChannelId(script.channel);
  header.setTxId(id);
  header.setExtension$(extension.serializeBinary());
  return header.serializeBinary();
}

/** Protocol Buffers, “Base 128 Varints”. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.of(...bytes, rest);
}

function proposedOf(script: Script): Uint8Array {
  const input = new chaincode.ChaincodeInput();
  input.setArgsList(script.args.map((each) => Buffer.from(each, 'utf8')));
  const spec = new chaincode.ChaincodeSpec();
  spec.setChaincodeId(chaincodeId(script));
  spec.setInput(input);
  const invocation = new chaincode.ChaincodeInvocationSpec();
  invocation.setChaincodeSpec(spec);
  const payload = new proposal.ChaincodeProposalPayload();
  payload.setInput(invocation.serializeBinary());
  return payload.serializeBinary();
}

function answerOf(script: Script, id: string, proposalHash: Uint8Array): Uint8Array {
  const writes = new kvRwset.KVRWSet();
  writes.setWritesList(
    Object.entries(script.writes(id)).map(([key, value]) => {
      const write = new kvRwset.KVWrite();
      write.setKey(key);
      write.setValue(Buffer.from(value, 'utf8'));
      return write;
    }),
  );
  const own = new rwset.NsReadWriteSet();
  own.setNamespace(script.chaincode);
  own.setRwset(writes.serializeBinary());
  const results = new rwset.TxReadWriteSet();
  results.setNsRwsetList([own]);
  const response = new proposalResponse.Response();
  response.setStatus(script.status ?? 200);
  response.setPayload(Buffer.from(script.response(id), 'utf8'));
  const action = new proposal.ChaincodeAction();
  action.setResults(results.serializeBinary());
  action.setResponse(response);
  action.setChaincodeId(chaincodeId(script));
  const answer = new proposalResponse.ProposalResponsePayload();
  answer.setProposalHash(proposalHash);
  answer.setExtension$(action.serializeBinary());
  return answer.serializeBinary();
}

function chaincodeId({ chaincode: name }: Script) {
  const id = new chaincode.ChaincodeID();
  id.setName(name);
  return id;
}

function hashOf(...parts: Uint8Array[]): Uint8Array {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}
