// SPDX-License-Identifier: Apache-2.0
// Fabric's own messages, by another program than the one under test. File by file: the package's index brings gRPC along.
import common from '@hyperledger/fabric-protos/lib/common/common_pb.js';
import kvRwset from '@hyperledger/fabric-protos/lib/ledger/rwset/kvrwset/kv_rwset_pb.js';
import rwset from '@hyperledger/fabric-protos/lib/ledger/rwset/rwset_pb.js';
import identities from '@hyperledger/fabric-protos/lib/msp/identities_pb.js';
import chaincode from '@hyperledger/fabric-protos/lib/peer/chaincode_pb.js';
import proposal from '@hyperledger/fabric-protos/lib/peer/proposal_pb.js';
import proposalResponse from '@hyperledger/fabric-protos/lib/peer/proposal_response_pb.js';
import transaction from '@hyperledger/fabric-protos/lib/peer/transaction_pb.js';

export { chaincode, common, identities, kvRwset, proposal, proposalResponse, rwset, transaction };
