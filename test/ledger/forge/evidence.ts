// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { dataHashOf, headerBytes } from '../../../src/ledger/fabric/block-header.ts';
import type { TrustedFabricLedger } from '../../../src/ledger/trust.ts';
import { type Holder, issue, type Wish } from './certificates.ts';
import { common } from './protos.ts';
import { forgeEnvelope, type Member, type Script, signAs, signatureHeaderOf } from './transaction.ts';

export const AT = Date.parse('2026-06-01T12:00:00Z');
export const EXPECTED = {
  origin: 'log.example/hospital',
  size: '3',
  root: createHash('sha256').update('an invented root').digest('base64'),
};

/** A network without a network: authorities of three organizations and one of orderers, and people with certificates of theirs. */
export class Forge {
  readonly authorities = new Map<string, Holder>();
  readonly trusted: TrustedFabricLedger;

  constructor() {
    const organization = (mspId: string) => {
      const authority = issue({ cn: `ca.${mspId}`, ca: true });
      this.authorities.set(mspId, authority);
      return { mspId, certificates: [authority.certificate] };
    };
    this.trusted = {
      kind: 'fabric',
      channel: 'exchange',
      chaincode: 'mooring',
      organizations: ['HospitalMSP', 'ClinicMSP', 'LaboratoryMSP'].map(organization),
      orderers: [organization('OrdererMSP')],
    };
  }

  member(mspId: string, ou: string, wish: Partial<Wish> = {}, issuer = this.authorities.get(mspId)): Member {
    return { mspId, holder: issue({ cn: `${ou}.${mspId}`, ou: [ou], ...wish }, issuer) };
  }

  /** A genuine checkpoint, but for what the forger changes in it, in its confirmation, and in its block. */
  evidence(
    wishes: {
      readonly transaction?: Partial<Script>;
      readonly attestation?: Partial<Script>;
      readonly orderer?: Member;
      readonly ordererSigns?: typeof signAs;
    } = {},
  ): Record<string, string> {
    const { origin, size, root } = EXPECTED;
    const checkpointOf = (transactionId: string) =>
      JSON.stringify({ origin, root, size, timestamp: new Date(AT).toISOString(), transactionId });
    const key = `\u0000checkpoint\u0000${origin}\u0000${size.padStart(20, '0')}\u0000`;
    const endorsers = ['HospitalMSP', 'ClinicMSP'].map((mspId) => this.member(mspId, 'peer'));
    const creator = this.member('HospitalMSP', 'client');
    const common = { channel: 'exchange', chaincode: 'mooring', at: AT, creator, endorsers };
    const { id, envelope } = forgeEnvelope({
      ...common,
      args: ['records:Checkpoint', origin, size, root, '[]'],
      writes: (own) => ({ [key]: checkpointOf(own) }),
      response: checkpointOf,
      ...wishes.transaction,
    });
    const { payload } = forgeEnvelope({
      ...common,
      args: ['records:GetCheckpoint', origin, size],
      writes: () => ({}),
      response: () => checkpointOf(id),
      ...wishes.attestation,
    });
    const block = this.block(
      [envelope],
      wishes.orderer ?? this.member('OrdererMSP', 'orderer'),
      wishes.ordererSigns,
    );
    return { kind: 'fabric', transactionId: id, block: base64(block), attestation: base64(payload) };
  }

  block(envelopes: readonly Uint8Array[], orderer: Member, signing = signAs): Uint8Array {
    const header = new common.BlockHeader();
    header.setNumber(7);
    header.setPreviousHash(new Uint8Array(32));
    header.setDataHash(dataHashOf(envelopes));
    const data = new common.BlockData();
    data.setDataList([...envelopes]);
    const signatureHeader = signatureHeaderOf(orderer);
    const value = Buffer.from('0a00', 'hex');
    const signed = headerBytes({
      number: 7n,
      previousHash: new Uint8Array(32),
      dataHash: dataHashOf(envelopes),
    });
    const signature = new common.MetadataSignature();
    signature.setSignatureHeader(signatureHeader);
    signature.setSignature(signing(orderer, Buffer.concat([value, signatureHeader, signed])));
    const signatures = new common.Metadata();
    signatures.setValue(value);
    signatures.setSignaturesList([signature]);
    const metadata = new common.BlockMetadata();
    metadata.setMetadataList([signatures.serializeBinary()]);
    const block = new common.Block();
    block.setHeader(header);
    block.setData(data);
    block.setMetadata(metadata);
    return block.serializeBinary();
  }
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
