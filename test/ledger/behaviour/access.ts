// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, test } from 'node:test';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import {
  ask,
  change,
  decisionOf,
  type Members,
  newPatient,
  refused,
  seenBy,
  submit,
  unique,
} from '../network.ts';

/** Tickets: each access is decided and leaves one. */
export function accessBehaviour(members: () => Members): void {
  describe('access', () => {
    let hospital: Ledger;
    let clinic: Ledger;
    let hospitalId: string;
    let clinicId: string;
    before(() => {
      ({ hospital, clinic, hospitalId, clinicId } = members());
    });

    const request = async (
      ledger: Ledger,
      subjects: string[],
    ): Promise<{ ticket: string; status: string; until: string }[]> => {
      const requests = subjects.map((subject) => ({
        ...{ subject, custodian: hospitalId, recipient: clinicId, purpose: 'TREAT', action: 'access' },
      }));
      const access = Buffer.from(JSON.stringify({ requests, salt: randomBytes(32).toString('base64') }));
      const committed = await ledger.submit({
        contract: 'access',
        name: 'Request',
        args: [],
        transient: { access },
      });
      await seenBy(clinic, committed);
      return JSON.parse(Buffer.from(committed.result).toString('utf8'));
    };

    test('many subjects in one transaction get a ticket each, open or closed', async () => {
      const [granted, silent] = [await newPatient(hospital), await newPatient(hospital)];
      await change(hospital, granted, { consent: unique('consent') });
      const tickets = await request(hospital, [granted.subject, silent.subject]);
      assert.deepEqual(
        tickets.map(({ status }) => status),
        ['open', 'closed'],
      );
      const details = await ask<{ details: { request: { subject: string } } }>(
        hospital,
        'access',
        'Read',
        tickets[0]?.ticket ?? '',
      );
      assert.equal(details.details.request.subject, granted.subject);
    });

    test('a ticket is open for an hour, and tells when the grant ends to those only who may know its terms', async () => {
      const [short, long] = [await newPatient(hospital), await newPatient(hospital)];
      const end = new Date(Date.now() + 600_000).toISOString();
      await change(hospital, short, {
        consent: unique('consent'),
        provision: { type: 'permit', period: { end } },
      });
      await change(hospital, long, { consent: unique('consent') });
      const [first, second] = await request(hospital, [short.subject, long.subject]);
      assert.equal(first?.until, second?.until);
      const hourAwayMs = Date.parse(first?.until ?? '') - 3_600_000;
      assert.ok(Math.abs(hourAwayMs - Date.now()) < 60_000);
      const { details } = await ask<{ details: { decision: { until?: string } } }>(
        hospital,
        'access',
        'Read',
        first?.ticket ?? '',
      );
      assert.equal(details.decision.until, end);
    });

    test('a ticket is closed once, by who opened it', async () => {
      const one = await newPatient(hospital);
      await change(hospital, one, { consent: unique('consent') });
      const [{ ticket } = { ticket: '' }] = await request(hospital, [one.subject]);
      await assert.rejects(submit(clinic, 'access', 'Close', ticket), refused('NOT_AUTHORIZED'));
      await submit(hospital, 'access', 'Close', ticket);
      await assert.rejects(submit(hospital, 'access', 'Close', ticket), refused('TICKET_CLOSED'));
      await assert.rejects(submit(hospital, 'access', 'Close', 'none'), refused('TICKET_UNKNOWN'));
    });

    test('a suspended recipient is denied', async () => {
      const one = await newPatient(hospital);
      await change(hospital, one, { consent: unique('consent') });
      await seenBy(hospital, await submit(clinic, 'participants', 'Suspend', clinicId));
      assert.deepEqual(await decisionOf(members(), one.subject), {
        effect: 'deny',
        reason: 'PARTICIPANT_SUSPENDED',
      });
      await seenBy(hospital, await submit(clinic, 'participants', 'Reinstate', clinicId));
    });
  });
}
