// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import type { FabricConnection } from '../../../src/ledger/fabric/connection.ts';
import type { Person } from '../../../src/tour/messages.ts';
import { mooring } from '../../network/harness.ts';
import { untilAnchored } from '../support/anchored.ts';
import type { Member } from '../support/member.ts';
import { rawBlocks } from '../support/raw-blocks.ts';
import { grantAt, revokeToRefuse, untilStatus } from '../support/two-bridges.ts';
import type { Members } from './members.ts';
import { admit, attest, INSTITUTE, registerInstitute, signedCheckpoint } from './research.ts';

export const RESEARCHED: Person = { number: 'T5518203746', family: 'Larkspurrow', given: 'Benedikta' };

export function channelsBehaviour(members: () => Members): void {
  describe('one bridge on two channels', () => {
    let patient: string;
    let key: string;
    let ehr: string;
    /** Clients at the hospital: of who is on the first channel only, and of who is on the second only. */
    let clinic: string;
    let institute: string;
    const path = () => `Patient/${patient}`;
    const seenBy = async (token: string) => (await members().hospital.fhir('GET', path(), token)).status;
    const grant = (to: string) => grantAt(members().hospital, ehr, key, { patient, to });
    const revoke = (granted: Awaited<ReturnType<typeof grant>>, token: string) => {
      const { hospital } = members();
      return revokeToRefuse(
        { hospital, token: ehr, key, granted },
        { clinic: hospital, token, path: path() },
      );
    };
    before(async () => {
      const { hospital, laboratory, fabric } = members();
      await registerInstitute(laboratory, hospital);
      ({ patient, key } = await admit(hospital, RESEARCHED, fabric.folder));
      [ehr, clinic, institute] = await Promise.all([
        hospital.token(),
        hospital.token('clinic'),
        hospital.token(INSTITUTE),
      ]);
    });

    test('a member of the second channel reads what a patient allows it, until they revoke', async () => {
      const { hospital } = members();
      assert.equal(await seenBy(institute), 404);
      const granted = await grant(INSTITUTE);
      assert.deepEqual([await seenBy(institute), await seenBy(clinic)], [200, 404]);
      await revoke(granted, institute);
      // Grant, revocation and ticket are where that member is, and not on the other channel.
      const { versions } = await look(hospital, ehr, `consents/${granted.id}/history`);
      assert.equal(versions.length, 2);
      for (const { transactionId } of versions) {
        assert.equal((await ask(hospital, ehr, `research/transactions/${transactionId}`)).status, 200);
        assert.equal((await ask(hospital, ehr, `exchange/transactions/${transactionId}`)).status, 404);
      }
    });

    test('a consent on the first channel gives nothing to a member of the second', async () => {
      const { hospital } = members();
      const granted = await grant('clinic');
      assert.deepEqual([await seenBy(clinic), await seenBy(institute)], [200, 404]);
      await revoke(granted, clinic);
      const toEverybody = await attest(hospital, ehr, patient, { type: 'permit' });
      assert.deepEqual([await seenBy(clinic), await seenBy(institute)], [200, 404]);
      const ended = { ...toEverybody, status: 'inactive' };
      assert.equal((await hospital.fhir('PUT', `Consent/${ended.id}`, ehr, ended)).status, 200);
      await untilStatus(hospital, path(), clinic, { from: 200, to: 404 });
    });

    test('the hospital’s log is anchored on both channels, and both have the same roots', async () => {
      const { hospital, fabric } = members();
      const [origin, size] = await signedCheckpoint(hospital);
      const roots: Map<number, string>[] = [];
      for (const channel of ['exchange', 'research']) {
        const { ledger } = await fabric.open('laboratory', channel);
        const found = await untilAnchored(ledger, origin, size);
        assert.deepEqual(
          found.map((each) => each.size),
          found.map((each) => each.size).toSorted((a, b) => a - b),
        );
        roots.push(new Map(found.map((each) => [each.size, each.root])));
      }
      const [home, second] = roots as [Map<number, string>, Map<number, string>];
      const shared = [...home.keys()].filter((each) => second.has(each));
      assert.ok(shared.length > 0);
      for (const each of shared) assert.equal(home.get(each), second.get(each), `at ${each} leaves`);
    });

    test('who is no member of a channel gets no block of it, from the own peer or from a member’s', async () => {
      const { fabric } = members();
      const [hospital, clinic] = [await fabric.connection('hospital'), await fabric.connection('clinic')];
      // As if its bridge's file had named the channel.
      const curious: FabricConnection = { ...clinic, channels: hospital.channels };
      await assert.rejects(rawBlocks(curious, 'research'), { name: 'LedgerError' });
      await assert.rejects(rawBlocks({ ...curious, peers: hospital.peers }, 'research'), {
        name: 'LedgerError',
      });
      // The same questions, so it wasn't them.
      assert.ok((await rawBlocks(curious, 'exchange')).length > 0);
      assert.ok((await rawBlocks({ ...curious, peers: hospital.peers }, 'exchange')).length > 0);
      assert.ok((await rawBlocks(hospital, 'research')).length > 0);
    });

    test('each bridge’s explorer has the channels that its organization is on', async () => {
      const { hospital, clinic, laboratory } = members();
      const listed = async (member: Member, token: string) => {
        const { channels } = await look(member, token, '');
        return (channels as { name: string }[]).map(({ name }) => name);
      };
      const [token, laboratoryToken] = await Promise.all([clinic.token(), laboratory.token()]);
      assert.deepEqual(await listed(hospital, ehr), ['exchange', 'research']);
      assert.deepEqual(await listed(laboratory, laboratoryToken), ['research', 'exchange']);
      assert.deepEqual(await listed(clinic, token), ['exchange']);
      assert.equal((await ask(clinic, token, 'exchange/blocks')).status, 200);
      for (const page of ['research', 'research/blocks', 'research/blocks/0', 'research/checkpoints'])
        assert.equal((await ask(clinic, token, page)).status, 404, page);
    });

    test('a receipt is proven by a channel that its reader is on', async () => {
      const { fabric } = members();
      for (const [to, token, verifier, channel, other] of [
        ['clinic', clinic, 'clinic', 'exchange', undefined],
        [INSTITUTE, institute, 'laboratory', 'research', 'exchange'],
      ] as const) {
        const granted = await grant(to);
        const receipt = await receiptFor(token);
        const file = join(fabric.folder, `${to}-receipt.json`);
        await writeFile(file, receipt);
        assert.equal((await verify(file, verifier, channel)).code, 0);
        if (other !== undefined) {
          const { code, out } = await verify(file, verifier, other);
          assert.equal(code, 1);
          assert.match(out, /^FAILED {2}ledger /m);
        }
        await revoke(granted, token);
      }
    });

    /** Of the Patient, as soon as it is anchored where this reader is. */
    async function receiptFor(token: string): Promise<string> {
      for (const late = performance.now() + 20_000; ; ) {
        const { status, text } = await members().hospital.fhir(
          'GET',
          `${path()}/$verify?receipt=true`,
          token,
        );
        if (status === 200) return text;
        assert.ok(performance.now() < late, `${status}: ${text}`);
      }
    }

    /** With the hospital's log key, and what an organization itself knows of one channel. */
    async function verify(receipt: string, organization: string, channel: string) {
      const { fabric, hospital } = members();
      const { trust } = await fabric.open(organization, channel);
      const { logKeys } = (await (await fetch(`${hospital.bridge.url}/log/trust`)).json()) as {
        logKeys: string[];
      };
      const file = join(fabric.folder, `${organization}-${channel}-trust.json`);
      await writeFile(file, JSON.stringify({ logKeys, ledgers: [trust] }));
      return mooring(['verify', receipt, '--trust', file]);
    }
  });
}

function ask({ bridge }: Member, token: string, page: string): Promise<Response> {
  return fetch(`${bridge.url}/ledger/${page}`, { headers: { authorization: `Bearer ${token}` } });
}

async function look(member: Member, token: string, page: string) {
  const response = await ask(member, token, page);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return JSON.parse(text);
}
