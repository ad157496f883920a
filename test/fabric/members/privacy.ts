// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { register } from '../../ledger/network.ts';
import { everything } from '../../network/client.ts';
import { untilAnchored } from '../support/anchored.ts';
import type { Member } from '../support/member.ts';
import { rawBlocks } from '../support/raw-blocks.ts';
import { secretsOf } from '../support/secrets.ts';
import { openSearch, type Trace, type Word } from '../support/traces.ts';
import { fullRun } from './full-run.ts';
import type { Members } from './members.ts';
import { INSTITUTE, signedCheckpoint } from './research.ts';

const CHANNELS = ['exchange', 'research'] as const;
/** What stands in blocks by design: who takes part and as what, the contract's own words. */
const TAKING_PART = ['hospital', 'clinic', 'laboratory', INSTITUTE];
const PUBLIC = new Set(
  TAKING_PART.concat(
    'patient organization consent active revoked access status request origin since until'.split(' '),
  ),
);
/** Every kind of transaction by which a bridge says something of patients. */
const TOLD = ['Register', 'RotateKey']
  .map((name) => `participants:${name}`)
  .concat(['records:Checkpoint', 'consents:Grant', 'consents:Revoke', 'access:Request']);
const PLANTED = 'Thornquistbury';

export function privacyBehaviour(members: () => Members): void {
  describe('what members of a channel can read in its blocks', () => {
    const since = Date.now();
    let blocks: Record<(typeof CHANNELS)[number], Buffer[]>;
    let secrets: Set<Word>;
    const read = async (channel: string, from = 0n) =>
      rawBlocks(await members().fabric.connection('hospital'), channel, from);

    before(async () => {
      const { hospital, clinic, laboratory, fabric } = members();
      await fullRun(members());
      const each = await Promise.all([hospital, clinic, laboratory].map((member) => toldBy(member, since)));
      secrets = new Set(each.flatMap((words) => [...words]));
      for (const channel of CHANNELS) {
        const { ledger } = await fabric.open('hospital', channel);
        await untilAnchored(ledger, ...(await signedCheckpoint(hospital)));
      }
      blocks = { exchange: await read('exchange'), research: await read('research') };
    });

    test('every kind of transaction is there, in clear', () => {
      for (const channel of CHANNELS) {
        const bytes = Buffer.concat(blocks[channel]);
        for (const told of TOLD) assert.ok(bytes.includes(told), `${channel}: ${told}`);
      }
      assert.ok(Buffer.concat(blocks.exchange).includes('records:RegisterHolder'));
    });

    test('who takes part, and under which transaction it was said, is found', () => {
      const ids = openSearch([INSTITUTE, 'HospitalMSP', 'consentTerms']);
      const found = new Set(CHANNELS.flatMap((channel) => wordsIn(blocks[channel].flatMap(ids))));
      assert.deepEqual([...found].sort(), ['HospitalMSP', 'consentTerms', INSTITUTE]);
    });

    test('no name, identifier, id, result or term of a consent stands in any block, in any form', (t) => {
      const texts = [...secrets].filter((word) => typeof word === 'string');
      assert.ok(texts.length > 500, `${texts.length} words to look for`);
      const search = openSearch(secrets);
      // What the network was made with, before there was a patient: names of programs and organizations, in certificates too.
      const first = CHANNELS.flatMap((channel) => untilPatients(blocks[channel]).flatMap(search));
      const known = new Set(wordsIn(first).map((word) => word.toLowerCase()));
      for (const channel of CHANNELS) {
        const sizeBytes = blocks[channel].reduce((sum, block) => sum + block.length, 0);
        t.diagnostic(
          `${channel}: ${blocks[channel].length} blocks, ${sizeBytes} bytes, ${secrets.size} words`,
        );
        const found = new Map<string, string>();
        for (const [number, block] of blocks[channel].entries())
          for (const { word, form } of search(block))
            if (!known.has(word.toLowerCase())) found.set(word, `as ${form} in block ${number}`);
        assert.deepEqual([...found], [], channel);
      }
    });

    test('the same search finds what anybody hides in a block, whichever form it has', () => {
      const search = openSearch([PLANTED]);
      const [block = Buffer.alloc(0)] = blocks.exchange.slice(-1);
      assert.deepEqual(search(block), []);
      const middle = block.length >> 1;
      for (const [form, hidden] of Object.entries(formsOf(PLANTED))) {
        const altered = Buffer.concat([block.subarray(0, middle), hidden, block.subarray(middle)]);
        assert.deepEqual([form, wordsIn(search(altered))], [form, [PLANTED]]);
      }
    });

    test('a participant who carries somebody’s name is found in the next block', async () => {
      const { ledger } = await members().fabric.open('hospital');
      const height = await ledger.height();
      const ids = ['', 'a', 'bc'].flatMap((start) => [
        `${start}${PLANTED}`,
        Buffer.from(`${start}${PLANTED}`).toString('base64url'),
      ]);
      const hash = createHash('sha256').update(PLANTED);
      ids.push(Buffer.from(PLANTED).toString('hex'), hash.copy().digest('hex'), hash.digest('base64url'));
      await Promise.all(ids.map((id) => register(ledger, id, 'clinic', 'HospitalMSP')));
      const search = openSearch([PLANTED]);
      const bytes = Buffer.concat(await read('exchange', height));
      const places = new Set(search(bytes).map(({ at }) => at));
      for (const id of ids)
        assert.ok(
          [...places].some((at) => within(bytes, id, at)),
          id,
        );
    });
  });
}

/** The blocks before the first that could tell of one. */
function untilPatients(blocks: readonly Buffer[]): readonly Buffer[] {
  const telling = blocks.findIndex(
    (block) => block.includes('records:Checkpoint') || block.includes('patient'),
  );
  assert.ok(telling > 0);
  return blocks.slice(0, telling);
}

/** All that a bridge answers its own organization, of every type. */
async function toldBy(member: Member, since: number): Promise<Set<Word>> {
  const token = await member.token();
  const metadata = JSON.parse((await member.fhir('GET', 'metadata', token)).text);
  const types = metadata.rest[0].resource.map(({ type }: { type: string }) => type) as string[];
  const found = new Set<Word>();
  for (const type of types)
    for (const resource of await everything(member.bridge, token, type))
      for (const word of secretsOf(resource, since))
        if (typeof word !== 'string' || !PUBLIC.has(word.toLowerCase())) found.add(word);
  return found;
}

function formsOf(word: string): Record<string, Buffer> {
  const utf16 = Buffer.from(word, 'utf16le');
  const hash = createHash('sha256').update(word).digest();
  const shifted = [0, 1, 2].flatMap((before) =>
    (['base64', 'base64url'] as const).map((alphabet): [string, Buffer] => [
      `${alphabet} ${before}`,
      Buffer.from(Buffer.from(`${'~'.repeat(before)}${word}?`).toString(alphabet)),
    ]),
  );
  return {
    ...Object.fromEntries(shifted),
    text: Buffer.from(word),
    capitals: Buffer.from(word.toUpperCase()),
    'UTF-16LE': utf16,
    'UTF-16BE': Buffer.from(utf16).swap16(),
    hexadecimal: Buffer.from(Buffer.from(word).toString('hex')),
    hash,
    'hash in hexadecimal': Buffer.from(hash.toString('hex').toUpperCase()),
    'hash in base64': Buffer.from(hash.toString('base64')),
    gzip: gzipSync(`before ${word} after`),
    zlib: deflateSync(`before ${word} after`),
  };
}

function within(bytes: Buffer, id: string, at: number): boolean {
  return bytes.subarray(Math.max(0, at - id.length), at + id.length).includes(id);
}

function wordsIn(found: readonly Trace[]): string[] {
  return [...new Set(found.map(({ word }) => word))];
}
