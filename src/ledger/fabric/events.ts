// SPDX-License-Identifier: Apache-2.0
import { common, peer } from '@hyperledger/fabric-protos';
import type { LedgerBlock, LedgerEvent } from '../ledger.ts';

/**
 * What our contract said in the valid transactions of a block of the own peer, which has checked them. Read as leniently as peers do:
 * whoever spells a valid transaction in an unusual way must not thereby hide what it did.
 */
export function readEvents(block: common.Block, chaincode: string): LedgerBlock {
  const validation = block.getMetadata()?.getMetadataList_asU8()[
    common.BlockMetadataIndex.TRANSACTIONS_FILTER
  ];
  const envelopes = block.getData()?.getDataList_asU8() ?? [];
  return {
    number: BigInt(block.getHeader()?.getNumber() ?? 0),
    events: envelopes.flatMap((envelope, at) =>
      validation?.[at] === peer.TxValidationCode.VALID ? eventsOf(envelope, chaincode) : [],
    ),
  };
}

function eventsOf(envelope: Uint8Array, chaincode: string): LedgerEvent[] {
  const payload = common.Payload.deserializeBinary(
    common.Envelope.deserializeBinary(envelope).getPayload_asU8(),
  );
  const header = common.ChannelHeader.deserializeBinary(
    payload.getHeader()?.getChannelHeader_asU8() ?? new Uint8Array(0),
  );
  if (header.getType() !== common.HeaderType.ENDORSER_TRANSACTION) return [];
  const actions = peer.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList();
  return actions.flatMap((action) => {
    const event = eventOf(action.getPayload_asU8());
    if (event?.getChaincodeId() !== chaincode) return [];
    const name = event.getEventName();
    return [{ transactionId: header.getTxId(), name, payload: event.getPayload_asU8() }];
  });
}

/** A transaction sets one event or none. */
function eventOf(action: Uint8Array): peer.ChaincodeEvent | undefined {
  const endorsed = peer.ChaincodeActionPayload.deserializeBinary(action).getAction();
  const answer = peer.ProposalResponsePayload.deserializeBinary(
    endorsed?.getProposalResponsePayload_asU8() ?? new Uint8Array(0),
  );
  const bytes = peer.ChaincodeAction.deserializeBinary(answer.getExtension_asU8()).getEvents_asU8();
  return bytes.length > 0 ? peer.ChaincodeEvent.deserializeBinary(bytes) : undefined;
}
