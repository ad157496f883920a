// SPDX-License-Identifier: Apache-2.0
import { status } from '@grpc/grpc-js';
import { EndorseError, GatewayError, StatusCode } from '@hyperledger/fabric-gateway';
import { type ContractError, parseContractError } from '@mooring/chaincode/errors';

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(StatusCode).map(([name, code]) => [code, name]),
);

/** A transaction that stands in a block and changed nothing. */
export class InvalidTransaction extends Error {
  override readonly name = 'InvalidTransaction';
  readonly validation: number;

  constructor(validation: number) {
    super(NAMES.get(validation) ?? `CODE_${validation}`);
    this.validation = validation;
  }
}

/** A peer that does not know yet what the bridge has seen committed: no better than one that is away. */
export class PeerLags extends Error {
  override readonly name = 'PeerLags';
}

/** What can go wrong, as far as it makes a difference to what is done next. `why` is for people, and never from the contract. */
export type Failure =
  /** The own organization's peer ran the contract, and it said no. */
  | { readonly kind: 'refused'; readonly refusal: ContractError }
  /** It broke there. */
  | { readonly kind: 'broken' }
  /** Too few organizations gave the same answer; perhaps because some of them know less, or don't answer. */
  | {
      readonly kind: 'disagreed';
      readonly why: string;
      /** The own organization could not run the contract at all. */
      readonly withoutOwn: boolean;
      /** What the contract said at another organization's peer. */
      readonly refusal?: ContractError;
    }
  /** Another transaction changed what this one read. */
  | { readonly kind: 'conflict'; readonly why: string }
  /** The orderers or the peers found that it breaks their rules. */
  | { readonly kind: 'invalid'; readonly why: string }
  | { readonly kind: 'tooLarge'; readonly why: string }
  /** The peer has its hands full. */
  | { readonly kind: 'busy'; readonly why: string }
  /** The peer itself does not answer. */
  | { readonly kind: 'away'; readonly why: string }
  /** The peer answers that it can't. */
  | { readonly kind: 'unable'; readonly why: string };

const CONFLICTS: ReadonlySet<number> = new Set([
  StatusCode.MVCC_READ_CONFLICT,
  StatusCode.PHANTOM_READ_CONFLICT,
]);

/** As the gateway marks what comes from a chaincode, whose words may be anything (Fabric, `internal/pkg/gateway/apiutils.go`). */
const FROM_CHAINCODE = 'chaincode response';

/** As the gateway says that it has nobody to hand on to (Fabric, `internal/pkg/gateway`). */
const OF_OTHERS = /endorsing peers|no orderer|failed to get config/;

/** A peer has a block before it has the private data that belong to it. */
const NOT_YET_THERE = 'private data matching public hash version is not available';

/** `undefined`: nothing that a network does; a mistake of ours. */
export function classify(error: unknown, ownMspId: string): Failure | undefined {
  if (error instanceof InvalidTransaction)
    return { kind: CONFLICTS.has(error.validation) ? 'conflict' : 'invalid', why: error.message };
  if (error instanceof PeerLags) return { kind: 'away', why: error.message };
  if (!(error instanceof GatewayError)) return undefined;
  const texts = error.details.length > 0 ? error.details : [{ mspId: ownMspId, message: error.message }];
  const why = `${status[error.code]}${reasons(texts)}`;
  const has = (text: string) => texts.some(({ message }) => message.includes(text));
  if (error.code === status.RESOURCE_EXHAUSTED || has('exceeds maximum allowed'))
    return { kind: 'tooLarge', why };
  if (has('exceeding concurrency limit')) return { kind: 'busy', why };
  const own = texts.filter(({ mspId }) => mspId === ownMspId);
  const chaincode = own.filter(({ message }) => message.includes(FROM_CHAINCODE));
  const refusal = firstRefusal(chaincode);
  if (refusal) return { kind: 'refused', refusal };
  if (chaincode.length > 0 && !has(NOT_YET_THERE)) return { kind: 'broken' };
  if (has('unsuccessful response from orderer')) return { kind: 'invalid', why };
  if (isAway(error)) return { kind: 'away', why };
  if (!(error instanceof EndorseError)) return { kind: 'unable', why };
  const elsewhere = firstRefusal(texts);
  const withoutOwn = error.details.length > 0 && own.length > 0;
  return { kind: 'disagreed', why, withoutOwn, ...(elsewhere ? { refusal: elsewhere } : {}) };
}

/**
 * gRPC says that nobody answers with the code that a peer has for others who don't answer. Endorsing takes long because of the slowest
 * of many, seldom because of the own peer.
 */
function isAway(error: GatewayError): boolean {
  const { code, details, message } = error;
  if (code === status.DEADLINE_EXCEEDED) return !(error instanceof EndorseError);
  if (code === status.CANCELLED) return true;
  return code === status.UNAVAILABLE && details.length === 0 && !OF_OTHERS.test(message);
}

function firstRefusal(texts: readonly { readonly message: string }[]): ContractError | undefined {
  for (const { message } of texts) {
    const refusal = message.includes(FROM_CHAINCODE) ? parseContractError(message) : undefined;
    if (refusal) return refusal;
  }
  return undefined;
}

function reasons(texts: readonly { readonly mspId: string; readonly message: string }[]): string {
  return texts
    .map(({ mspId, message }) => {
      const text = message.includes(FROM_CHAINCODE) ? 'its chaincode failed' : message.slice(0, 200);
      return `; ${mspId}: ${text}`;
    })
    .join('');
}
