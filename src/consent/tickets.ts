// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import type { AccessRequest } from '@mooring/chaincode/terms';
import type { Ledger } from '../ledger/ledger.ts';
import { ConsentError } from './consent.ts';

/** As many as one transaction takes. */
const MAX_REQUESTS = 500;
const MAX_TICKETS = 100_000;

export type TicketRequest = Omit<AccessRequest, 'roles' | 'resource'>;

interface Ticket {
  readonly permitted: boolean;
  readonly untilMs: number;
}

/** A first access by someone for a purpose is decided and recorded by the contract; its ticket covers the next ones until it ends. */
export class Tickets {
  readonly #ledger: Ledger;
  readonly #now: () => number;
  readonly #open = new Map<string, Promise<Ticket>>();
  readonly #bySubject = new Map<string, Set<string>>();

  constructor(ledger: Ledger, now: () => number) {
    this.#ledger = ledger;
    this.#now = now;
  }

  /** The subjects that the contract denies. Throws ConsentError: without a recorded permit nothing may be disclosed. */
  async denied(requests: readonly TicketRequest[]): Promise<ReadonlySet<string>> {
    const lacking: TicketRequest[] = [];
    const held: { subject: string; ticket: Promise<Ticket> }[] = [];
    for (const request of requests) {
      const ticket = this.#open.get(nameOf(request));
      if (ticket && (await ticket).untilMs > this.#now()) held.push({ subject: request.subject, ticket });
      else lacking.push(request);
    }
    for (let from = 0; from < lacking.length; from += MAX_REQUESTS)
      held.push(...this.#request(lacking.slice(from, from + MAX_REQUESTS)));
    const denied = new Set<string>();
    for (const { subject, ticket } of held) if (!(await ticket).permitted) denied.add(subject);
    return denied;
  }

  /** What the subject agreed to has changed: the next access is decided anew. */
  forget(subject: string): void {
    for (const name of this.#bySubject.get(subject) ?? []) this.#open.delete(name);
    this.#bySubject.delete(subject);
  }

  #request(requests: readonly TicketRequest[]): { subject: string; ticket: Promise<Ticket> }[] {
    const answer = this.#submit(requests);
    return requests.map((request, index) => {
      const ticket = answer.then((tickets) => tickets[index] ?? { permitted: false, untilMs: 0 });
      this.#remember(request, ticket);
      return { subject: request.subject, ticket };
    });
  }

  async #submit(requests: readonly TicketRequest[]): Promise<readonly Ticket[]> {
    const access = { requests, salt: randomBytes(32).toString('base64') };
    try {
      const { result } = await this.#ledger.submit({
        contract: 'access',
        name: 'Request',
        args: [],
        transient: { access: Buffer.from(JSON.stringify(access), 'utf8') },
      });
      const tickets = JSON.parse(Buffer.from(result).toString('utf8')) as { status: string; until: string }[];
      return tickets.map(({ status, until }) => ({
        permitted: status === 'open',
        untilMs: Date.parse(until),
      }));
    } catch (cause) {
      throw new ConsentError('NOT_FRESH', 'the ledger recorded no permit', { cause });
    }
  }

  #remember(request: TicketRequest, ticket: Promise<Ticket>): void {
    const name = nameOf(request);
    const names = this.#bySubject.get(request.subject) ?? new Set();
    this.#bySubject.set(request.subject, names.add(name));
    this.#open.set(name, ticket);
    // A denial is asked anew each time, and so is what failed.
    ticket.then(
      ({ permitted }) => permitted || this.#drop(name, ticket),
      () => this.#drop(name, ticket),
    );
    if (this.#open.size > MAX_TICKETS) {
      this.#open.clear();
      this.#bySubject.clear();
    }
  }

  #drop(name: string, ticket: Promise<Ticket>): void {
    if (this.#open.get(name) === ticket) this.#open.delete(name);
  }
}

function nameOf({ recipient, subject, purpose, action }: TicketRequest): string {
  return JSON.stringify([recipient, subject, purpose, action]);
}
