// SPDX-License-Identifier: Apache-2.0
import type { Contract } from 'fabric-contract-api';
import { AccessContract } from './contracts/access.ts';
import { ConsentsContract } from './contracts/consents.ts';
import { ParticipantsContract } from './contracts/participants.ts';
import { RecordsContract } from './contracts/records.ts';

export { AccessContract, ConsentsContract, ParticipantsContract, RecordsContract };

/** What runs on a peer, and in the embedded ledger. */
export const contracts: readonly (new () => Contract)[] = [
  ParticipantsContract,
  RecordsContract,
  ConsentsContract,
  AccessContract,
];
