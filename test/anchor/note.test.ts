// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { openCheckpoint, parseTreeHead, signCheckpoint } from '../../src/anchor/checkpoint.ts';
import { openSigner, openVerifier } from '../../src/anchor/keys.ts';
import { openNote, parseNoteUnsafe, signNote } from '../../src/anchor/note.ts';
import { parseTilePath, printTilePath } from '../../src/anchor/tile-path.ts';
import { parseTlogProof, printTlogProof } from '../../src/anchor/tlog-proof.ts';

// The example of the C2SP signed-note specification.
const C2SP_KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const C2SP_NOTE = `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;
const GO = JSON.parse(readFileSync(new URL('go-vectors.json', import.meta.url), 'utf8')).note as {
  verifierKey: string;
  checkpoint: string;
};
const signer = openSigner('hospital.example/log', Buffer.alloc(32, 1));
const verifier = openVerifier(signer.verifierKey);
const other = openSigner('hospital.example/log', Buffer.alloc(32, 2));
const head = { origin: 'hospital.example/log', size: 70_000n, root: Buffer.alloc(32, 3) };

test('the note of the specification opens with the key of the specification', () => {
  assert.equal(openNote(C2SP_NOTE, [openVerifier(C2SP_KEY)]).text, 'This is an example message.\n');
});

test('a checkpoint is signed, byte for byte, as Go signs it', () => {
  const mine = openSigner('example.org/log', Buffer.alloc(32, 7));
  assert.equal(mine.verifierKey, GO.verifierKey);
  const { size, root, origin } = openCheckpoint(GO.checkpoint, [openVerifier(GO.verifierKey)]);
  assert.equal(size, 300n);
  assert.equal(signCheckpoint({ origin, size, root }, mine), GO.checkpoint);
});

test('what is signed opens to the same text, for any text that a note may have', () => {
  const text = fc
    .string({ unit: 'grapheme' })
    .map((each) => `${each.replaceAll(/[\p{Cc}\p{Surrogate}]/gu, '')}\n`);
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), (lines) => {
      const note = signNote(lines.join(''), signer);
      assert.equal(openNote(note, [verifier]).text, lines.join(''));
    }),
    { numRuns: 200 },
  );
});

test('any bit flipped in a signed checkpoint makes it worthless', () => {
  const bytes = Buffer.from(signCheckpoint(head, signer));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7));
    assert.throws(() => openCheckpoint(changed.toString('utf8'), [verifier]), { name: 'AnchorError' });
  }
});

test('signatures of unknown keys are passed over, a wrong one of a known key is not', () => {
  const note = signNote('text\n', signer);
  const [foreign] = signNote('text\n', other).split('\n').slice(2);
  assert.equal(openNote(`${note}${foreign}\n`, [verifier]).text, 'text\n');
  assert.throws(() => openNote(note, [openVerifier(other.verifierKey)]), { code: 'NOT_SIGNED' });
  assert.throws(() => openNote(note.replace('text', 'next'), [verifier]), { code: 'SIGNATURE_WRONG' });
  const [stale] = signNote('before\n', other).split('\n').slice(2);
  assert.throws(() => openNote(`${note}${stale}\n`, [verifier, openVerifier(other.verifierKey)]), {
    code: 'SIGNATURE_WRONG',
  });
});

test('a key that is trusted for one log does not speak for another', () => {
  const note = signCheckpoint({ ...head, origin: 'clinic.example/log' }, signer);
  assert.throws(() => openCheckpoint(note, [verifier]), { code: 'NOT_SIGNED' });
});

test('notes in any other form are refused', () => {
  const good = signNote('text\n', signer);
  const line = good.split('\n')[2];
  const bad = [
    '',
    '\n',
    'text',
    'text\n',
    'text\n\n',
    `text\n${line}\n`,
    `text\n\n${line}`,
    `text\n\n${line}\n\n`,
    `te\u0000xt\n\n${line}\n`,
    `text\r\n\n${line}\n`,
    `text\n\n- ${line?.slice(2)}\n`,
    `text\n\n${line} \n`,
    `text\n\n— a+b AAAAAAA=\n`,
    `text\n\n— name AAAA\n`,
    `text\n\n${`${line}\n`.repeat(40)}`,
  ];
  for (const note of bad)
    assert.throws(() => parseNoteUnsafe(note), { code: 'NOTE_MALFORMED' }, JSON.stringify(note));
  assert.throws(() => signNote('no newline', signer), { code: 'NOTE_MALFORMED' });
});

test('sixteen signatures, as the specification demands, are accepted', () => {
  const lines = Array.from(
    { length: 15 },
    (_, at) => signNote('text\n', openSigner(`witness${at}.example`, Buffer.alloc(32, at))).split('\n')[2],
  );
  assert.equal(openNote(`${signNote('text\n', signer)}${lines.join('\n')}\n`, [verifier]).text, 'text\n');
});

test('checkpoints in any other form are refused', () => {
  const root = Buffer.alloc(32, 3).toString('base64');
  for (const text of [
    '',
    'o\n',
    `o\n1\n`,
    `\n1\n${root}\n`,
    `o\n01\n${root}\n`,
    `o\n-1\n${root}\n`,
    `o\n1e3\n${root}\n`,
    `o\n9223372036854775808\n${root}\n`,
    `o\n1\n${root}`,
    `o\n1\n${root.slice(4)}\n`,
    `o\n1\n${root.replace('=', '')}\n`,
    `o\n1\n${root}\n\nmore\n`,
  ])
    assert.throws(() => parseTreeHead(text), { code: 'CHECKPOINT_MALFORMED' }, JSON.stringify(text));
  assert.equal(parseTreeHead(`o\n1\n${root}\nextension\n`).size, 1n);
});

test('a verifier key whose parts do not belong together is refused', () => {
  const [name, id, key] = C2SP_KEY.split('+') as [string, string, string];
  const ecdsa = Buffer.concat([Buffer.of(2), Buffer.from(key, 'base64').subarray(1)]).toString('base64');
  for (const bad of [
    '',
    name,
    `${name}+${id}`,
    `${name}x+${id}+${key}`,
    `${name}+00000000+${key}`,
    `${name}+${id.toUpperCase()}+${key}`,
    `${name}+${id}+${ecdsa}`,
    `${name} +${id}+${key}`,
    `${name}+${id}+${key}\n`,
    `${name}+${id}+${key.slice(0, -4)}`,
  ])
    assert.throws(() => openVerifier(bad), { code: 'KEY_INVALID' }, bad);
  assert.throws(() => openSigner('a b', Buffer.alloc(32)), { code: 'KEY_INVALID' });
  assert.throws(() => openSigner('a', Buffer.alloc(31)), { code: 'KEY_INVALID' });
});

test('a tlog-proof reads as it was written, and in no other form', () => {
  const proof = {
    index: 5n,
    hashes: [Buffer.alloc(32, 1), Buffer.alloc(32, 2)],
    checkpoint: signCheckpoint(head, signer),
  };
  const text = printTlogProof(proof);
  assert.deepEqual(parseTlogProof(text), proof);
  assert.deepEqual(parseTlogProof(printTlogProof({ ...proof, hashes: [] })).hashes, []);
  assert.equal(parseTlogProof(text.replace('\nindex', '\nextra AAAA\nindex')).index, 5n);
  const bad = [
    text.replace('v1', 'v2'),
    text.replace('index 5', 'index 05'),
    text.replace('index 5\n', ''),
    text.replace('index 5', 'index  5'),
    text.replace('AQEB', 'AQE='),
    text.replace('\n\n', '\n'),
    text.replace('\nindex', '\nextra *\nindex'),
    text.replace('index 5\n', `index 5\n${`${'A'.repeat(43)}=\n`.repeat(70)}`),
  ];
  for (const each of bad)
    assert.throws(() => parseTlogProof(each), { code: 'PROOF_MALFORMED' }, each.slice(0, 60));
});

test('tile paths are those of the specification, and one spelling names one tile', () => {
  assert.equal(printTilePath({ level: 0, index: 1234067, width: 256 }), '0/x001/x234/067');
  assert.deepEqual(parseTilePath('0/x001/x234/067'), { level: 0, index: 1234067, width: 256 });
  assert.deepEqual(parseTilePath('entries/000.p/7'), { level: 'entries', index: 0, width: 7 });
  for (const bad of [
    '',
    '0',
    '0/',
    '0/0',
    '0/67',
    '00/067',
    '64/000',
    '0/x000/067',
    '0/001/067',
    '0/x001',
    '0/067.p/0',
    '0/067.p/07',
    '0/067.p/256',
    '0/067.p/',
    '-1/067',
    '0/067/',
    'entry/000',
    '0/../000',
    '0/x001/x001/x001/x001/x001/067',
  ])
    assert.equal(parseTilePath(bad), undefined, bad);
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 63 }),
      fc.nat(10 ** 9),
      fc.integer({ min: 1, max: 256 }),
      (level, index, width) => {
        assert.deepEqual(parseTilePath(printTilePath({ level, index, width })), { level, index, width });
      },
    ),
    { numRuns: 300 },
  );
});
