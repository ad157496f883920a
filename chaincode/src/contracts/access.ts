// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import { type Context, Contract } from 'fabric-contract-api';
import { asObject, asText, readBase64, readId, readTransient } from '../arguments.ts';
import { canonicalJson } from '../canonical.ts';
import { SALT_BYTES, ticketCommitment } from '../commitment.ts';
import { custodianOf, decideNow } from '../consentState.ts';
import { ContractError } from '../errors.ts';
import { assertOwn, type Directory, readDirectory } from '../participant.ts';
import { readRequest } from '../readTerms.ts';
import { emit, key, readPrivate, readState, transactionTime, writePrivate, writeState } from '../state.ts';
import type { AccessRequest, Decision } from '../terms.ts';
import { instant } from '../time.ts';

export const DETAILS_COLLECTION = 'accessDetails';
/** However long the consent lasts. */
export const TICKET_MS = 3_600_000;
const MAX_REQUESTS = 500;

/** What everybody sees of a ticket: that there is one, whose, and until when. */
interface Ticket {
  readonly ticket: string;
  readonly mspId: string;
  readonly commitment: string;
  readonly status: 'open' | 'closed';
  readonly opened: string;
  readonly until: string;
}

/** Accesses: each is decided by the contract and leaves a ticket, a permit with an end or a denial. */
export class AccessContract extends Contract {
  constructor() {
    super('access');
  }

  /** Transient `access`: `{requests: [AccessRequest without roles], salt}`. Answers one ticket a request, in order: open, or closed when denied. */
  async Request(ctx: Context): Promise<string> {
    const { requests, salt } = readRequests(ctx);
    const directory = await readDirectory(ctx);
    const answers: unknown[] = [];
    for (const [index, request] of requests.entries()) {
      await assertParty(ctx, request, directory);
      answers.push(await openTicket(ctx, index, request, await decideNow(ctx, request, directory), salt));
    }
    emit(ctx, 'TicketsOpened', { transactionId: ctx.stub.getTxID(), tickets: requests.length });
    return canonicalJson(answers);
  }

  /** Ends a ticket before its time. Only who opened it. */
  async Close(ctx: Context, ticket: string): Promise<string> {
    const stateKey = key(ctx, 'ticket', readId(ticket, 'ticket'));
    const found = await readState<Ticket>(ctx, stateKey);
    if (!found) throw new ContractError('TICKET_UNKNOWN', `no ticket ${ticket}`);
    assertOwn(ctx, found.mspId, `ticket ${ticket}`);
    if (found.status === 'closed')
      throw new ContractError('TICKET_CLOSED', `ticket ${ticket} is closed already`);
    const closed: Ticket = { ...found, status: 'closed' };
    await writeState(ctx, stateKey, closed);
    emit(ctx, 'TicketClosed', { ticket });
    return canonicalJson(closed);
  }

  /** A ticket with its details. For members of the collection. */
  async Read(ctx: Context, ticket: string): Promise<string> {
    const stateKey = key(ctx, 'ticket', readId(ticket, 'ticket'));
    const found = await readState<Ticket>(ctx, stateKey);
    if (!found) throw new ContractError('TICKET_UNKNOWN', `no ticket ${ticket}`);
    const details = await readPrivate<object>(ctx, DETAILS_COLLECTION, stateKey);
    return canonicalJson({ ...found, ...details });
  }
}

type Request = Omit<AccessRequest, 'roles'>;

function readRequests(ctx: Context): { requests: readonly Request[]; salt: Uint8Array } {
  const { requests, salt } = asObject(readTransient(ctx, 'access'), 'transient "access"');
  if (!Array.isArray(requests) || requests.length === 0 || requests.length > MAX_REQUESTS)
    throw new ContractError('ARGUMENT_INVALID', `requests are no list of 1 to ${MAX_REQUESTS}`);
  return { requests: requests.map(readRequest), salt: readBase64(asText(salt, 'salt'), SALT_BYTES, 'salt') };
}

/** The organization that has the records, or the one that wants them. */
async function assertParty(ctx: Context, request: Request, directory: Directory): Promise<void> {
  const custodian = await custodianOf(ctx, request.subject, request.custodian, directory);
  if (directory.get(request.recipient)?.mspId !== ctx.clientIdentity.getMSPID())
    assertOwn(ctx, custodian.mspId, 'the access');
}

async function openTicket(
  ctx: Context,
  index: number,
  request: Request,
  decision: Decision,
  salt: Uint8Array,
): Promise<unknown> {
  const ticket = `${ctx.stub.getTxID()}.${index}`;
  const now = transactionTime(ctx);
  const ownSalt = createHmac('sha256', salt).update(String(index)).digest();
  const details = { request, decision };
  const record: Ticket = {
    ticket,
    mspId: ctx.clientIdentity.getMSPID(),
    commitment: ticketCommitment(details, ownSalt),
    status: decision.effect === 'permit' ? 'open' : 'closed',
    opened: now.text,
    until: endOf(decision, now.at),
  };
  const stateKey = key(ctx, 'ticket', ticket);
  await writeState(ctx, stateKey, record);
  await writePrivate(ctx, DETAILS_COLLECTION, stateKey, { details, salt: ownSalt.toString('base64') });
  // The answer of a submitted transaction stands in the block, so it says no more than the public record.
  return { ticket, status: record.status, until: record.until };
}

/** Public, so it can't be when the consent ends: that is one of its terms, and each read is decided by them anew. */
function endOf({ effect }: Decision, now: number): string {
  return instant(effect === 'deny' ? now : now + TICKET_MS);
}
