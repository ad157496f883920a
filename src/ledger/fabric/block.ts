// SPDX-License-Identifier: Apache-2.0
import { dataHashOf, type FabricHeader, headerBytes, headerHash } from './block-header.ts';
import { type FabricTransaction, readTransaction } from './block-transaction.ts';
import { type FabricSigner, readSigner } from './identity.ts';
import { BLOCK, BLOCK_DATA, BLOCK_HEADER, BLOCK_METADATA, METADATA, METADATA_SIGNATURE } from './messages.ts';
import { validationName } from './validation-codes.ts';
import { BlockError, present, readMessage, writeField } from './wire.ts';

/** An orderer's signature under a block. */
export interface BlockSignature {
  readonly signer: FabricSigner;
  readonly signature: Uint8Array;
  readonly signedBytes: Uint8Array;
}

/** A `common.Block`, read. */
export interface FabricBlock extends FabricHeader {
  readonly hash: Uint8Array;
  /** The envelopes have the data hash of the header. */
  readonly hasDataHash: boolean;
  /** One for each envelope. */
  readonly transactions: readonly BlockEntry[];
  readonly signatures: readonly BlockSignature[];
}

/** What stands in one place of a block: peers mark what is malformed as invalid and keep it, so a reader must get past it. */
export interface BlockEntry {
  /** Name of the validation code that the peer noted, which nobody has signed; `NOT_VALIDATED` where it noted none. */
  readonly validation: string;
  readonly transaction: FabricTransaction | undefined;
}

/** What orderers make has 10 MB by default and 100 MB at most. */
const MAX_BLOCK_BYTES = 100 * 1024 * 1024;
const HASH_BYTES = 32;
/** common/common.proto, `BlockMetadataIndex`. */
const SIGNATURES = 0;
const TRANSACTIONS_FILTER = 2;

/** Throws BlockError; a malformed envelope in a block is an entry without a transaction. */
export function readBlock(bytes: Uint8Array): FabricBlock {
  if (bytes.length > MAX_BLOCK_BYTES) throw new BlockError(`a block of ${bytes.length} bytes is too large`);
  const block = readMessage(bytes, 'block', BLOCK);
  const header = readHeader(present(block.header, 'header of the block'));
  const { data: envelopes } = readMessage(present(block.data, 'data of the block'), 'data', BLOCK_DATA);
  const metadata = readMetadata(block.metadata);
  const codes = metadata[TRANSACTIONS_FILTER];
  return {
    ...header,
    hash: headerHash(header),
    hasDataHash: dataHashOf(envelopes).equals(header.dataHash),
    transactions: envelopes.map((envelope, at) => ({
      validation: validationName(codes?.[at]),
      transaction: tryRead(envelope),
    })),
    signatures: readSignatures(metadata[SIGNATURES], header),
  };
}

/** The block with nothing in it that nobody has signed: what a peer notes in the metadata is left out. Throws BlockError. */
export function withoutNotes(bytes: Uint8Array): Uint8Array {
  const { header, data, metadata } = readMessage(bytes, 'block', BLOCK);
  const signatures = readMetadata(metadata)[SIGNATURES] ?? new Uint8Array(0);
  return Buffer.concat([
    writeField(BLOCK.header[0], present(header, 'header of the block')),
    writeField(BLOCK.data[0], present(data, 'data of the block')),
    writeField(BLOCK.metadata[0], writeField(BLOCK_METADATA.metadata[0], signatures)),
  ]);
}

function readHeader(bytes: Uint8Array): FabricHeader {
  const { number, previousHash, dataHash } = readMessage(bytes, 'header of the block', BLOCK_HEADER);
  // The first block of a channel has none before it.
  if (dataHash.length !== HASH_BYTES || previousHash.length !== (number === 0n ? 0 : HASH_BYTES))
    throw new BlockError('header of the block has a hash that is none');
  return { number, previousHash, dataHash };
}

function readMetadata(bytes: Uint8Array | undefined): readonly Uint8Array[] {
  return bytes === undefined ? [] : readMessage(bytes, 'metadata of the block', BLOCK_METADATA).metadata;
}

/** What is signed: the value of the metadata, the signer's header, and the header of the block (Fabric, `BlockSignatureVerifier`). */
function readSignatures(bytes: Uint8Array | undefined, header: FabricHeader): BlockSignature[] {
  if (!bytes || bytes.length === 0) return [];
  const { value, signatures } = readMessage(bytes, 'signatures of the block', METADATA);
  return signatures.map((each) => {
    const { signatureHeader, signature, identifierHeader } = readMessage(
      each,
      'signature of the block',
      METADATA_SIGNATURE,
    );
    // Of orderers that agree by BFT: the signer is named by a number of the channel's configuration there.
    if (identifierHeader.length > 0) throw new BlockError('signature of the block is not by a certificate');
    const { signer } = readSigner(signatureHeader);
    return { signer, signature, signedBytes: Buffer.concat([value, signatureHeader, headerBytes(header)]) };
  });
}

function tryRead(envelope: Uint8Array): FabricTransaction | undefined {
  try {
    return readTransaction(envelope);
  } catch (error) {
    if (error instanceof BlockError) return undefined;
    throw error;
  }
}
