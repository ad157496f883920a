// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { hashLeaf, hashNode, verifyConsistency, verifyInclusion } from '@mooring/chaincode/merkle';
import fc from 'fast-check';
import { Frontier } from '../../src/anchor/frontier.ts';
import {
  consistencySteps,
  EMPTY_ROOT,
  foldRight,
  inclusionSteps,
  type ProofStep,
  treeHash,
  treeHashOfData,
} from '../../src/anchor/merkle.ts';

// The test vectors of Certificate Transparency's reference implementation of RFC 6962.
const CT_LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const CT_ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

interface GoVectors {
  readonly roots: Readonly<Record<string, string>>;
  readonly inclusion: readonly { index: number; size: number; proof: string[] }[];
  readonly consistency: readonly { size1: number; size2: number; proof: string[] }[];
}
const GO = JSON.parse(readFileSync(new URL('go-vectors.json', import.meta.url), 'utf8')) as GoVectors;

const LEAVES = Array.from({ length: 300 }, (_, index) => hashLeaf(Buffer.from(`leaf ${index}`)));
const ROOTS = LEAVES.map((_, index) => treeHash(LEAVES.slice(0, index)));
ROOTS.push(treeHash(LEAVES));

function prove(steps: readonly ProofStep[]): Uint8Array[] {
  return steps.map((nodes) =>
    foldRight(
      nodes.map(({ level, index }) => treeHash(LEAVES.slice(index * 2 ** level, (index + 1) * 2 ** level))),
    ),
  );
}

const inclusion = (index: number, size: number) => prove(inclusionSteps(index, size));
const consistency = (size1: number, size2: number) => prove(consistencySteps(size1, size2));
const rootOf = (size: number) => ROOTS[size] as Uint8Array;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
  return changed;
}

test('trees have the roots that Certificate Transparency has for them', () => {
  const leaves = CT_LEAVES.map((leaf) => Buffer.from(leaf, 'hex'));
  for (const [size, root] of CT_ROOTS.entries())
    assert.equal(hex(treeHashOfData(leaves.slice(0, size))), root);
});

test('roots and proofs are, byte for byte, those that Go makes', () => {
  for (const [size, root] of Object.entries(GO.roots)) assert.equal(base64(rootOf(Number(size))), root);
  for (const { index, size, proof } of GO.inclusion)
    assert.deepEqual(inclusion(index, size).map(base64), proof, `leaf ${index} of ${size}`);
  for (const { size1, size2, proof } of GO.consistency)
    assert.deepEqual(consistency(size1, size2).map(base64), proof, `${size1} to ${size2}`);
});

test('every leaf of every tree up to 70 is proven, and at no other place', () => {
  for (let size = 1; size <= 70; size++)
    for (let index = 0; index < size; index++) {
      const proof = inclusion(index, size);
      verifyInclusion(BigInt(index), BigInt(size), LEAVES[index]!, proof, rootOf(size));
      const other = BigInt((index + 1) % (size + 1));
      assert.throws(() => verifyInclusion(other, BigInt(size), LEAVES[index]!, proof, rootOf(size)), {
        name: 'MerkleError',
      });
    }
});

test('every growth up to 70 leaves is proven, and proves no other growth', () => {
  for (let size2 = 1; size2 <= 70; size2++)
    for (let size1 = 1; size1 <= size2; size1++) {
      const proof = consistency(size1, size2);
      verifyConsistency(BigInt(size1), rootOf(size1), BigInt(size2), rootOf(size2), proof);
      assert.throws(
        () => verifyConsistency(BigInt(size1), rootOf(size1 + 1), BigInt(size2), rootOf(size2), proof),
        { name: 'MerkleError' },
      );
    }
});

test('any bit flipped in an inclusion proof, its leaf or its root makes it fail', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(), fc.nat(255), (size, a, b, bit) => {
      const index = a % size;
      const parts = [LEAVES[index]!, rootOf(size), ...inclusion(index, size)];
      const at = b % parts.length;
      parts[at] = flip(parts[at]!, bit);
      const [leaf, root, ...proof] = parts;
      assert.throws(() => verifyInclusion(BigInt(index), BigInt(size), leaf!, proof, root!), {
        code: 'ROOT_MISMATCH',
      });
    }),
    { numRuns: 400 },
  );
});

test('any bit flipped in a consistency proof or its roots makes it fail', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 300 }), fc.nat(), fc.nat(), fc.nat(255), (size2, a, b, bit) => {
      const size1 = 1 + (a % (size2 - 1));
      const parts = [rootOf(size1), rootOf(size2), ...consistency(size1, size2)];
      const at = b % parts.length;
      parts[at] = flip(parts[at]!, bit);
      const [root1, root2, ...proof] = parts;
      assert.throws(() => verifyConsistency(BigInt(size1), root1!, BigInt(size2), root2!, proof), {
        name: 'MerkleError',
      });
    }),
    { numRuns: 400 },
  );
});

test('a proof that is too long, too short or of wrong sizes is refused by name', () => {
  const proof = inclusion(5, 7);
  const verify = (index: bigint, size: bigint, hashes: readonly Uint8Array[]) => () =>
    verifyInclusion(index, size, LEAVES[5]!, hashes, rootOf(7));
  assert.throws(verify(5n, 7n, [...proof, proof[0]!]), { code: 'BAD_PROOF_LENGTH' });
  assert.throws(verify(5n, 7n, proof.slice(1)), { name: 'MerkleError' });
  assert.throws(verify(7n, 7n, proof), { code: 'BAD_INDEX' });
  assert.throws(verify(-1n, 7n, proof), { code: 'BAD_INDEX' });
  assert.throws(verify(5n, 7n, [proof[0]!.subarray(1), ...proof.slice(1)]), { code: 'BAD_HASH' });
  const grown = (size1: bigint, size2: bigint, hashes: readonly Uint8Array[]) => () =>
    verifyConsistency(size1, rootOf(3), size2, rootOf(7), hashes);
  assert.throws(grown(0n, 7n, []), { code: 'BAD_SIZE' });
  assert.throws(grown(8n, 7n, []), { code: 'BAD_SIZE' });
  assert.throws(grown(3n, 7n, []), { code: 'BAD_PROOF_LENGTH' });
  assert.throws(grown(3n, 7n, [...consistency(3, 7), rootOf(1)]), { code: 'BAD_PROOF_LENGTH' });
  assert.throws(grown(7n, 7n, [rootOf(1)]), { code: 'BAD_PROOF_LENGTH' });
});

test('a node is never taken for a leaf', () => {
  const [left, right] = [LEAVES[0]!, LEAVES[1]!];
  const forged = hashLeaf(Buffer.concat([left, right]));
  assert.notEqual(hex(forged), hex(hashNode(left, right)));
});

test('however leaves arrive, the edge of the tree has the same root and tiles', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 6 }), (portions) => {
      let frontier = new Frontier(0, []);
      const tiles = new Map<string, string>();
      for (const portion of portions) {
        const step = frontier.append(LEAVES.slice(frontier.size, frontier.size + portion));
        frontier = step.frontier;
        for (const { level, index, hashes } of step.tiles)
          tiles.set(`${level}/${index}`, hex(Buffer.concat(hashes)));
      }
      const once = new Frontier(0, []).append(LEAVES.slice(0, frontier.size));
      assert.equal(hex(frontier.root()), hex(rootOf(frontier.size)));
      assert.deepEqual(
        [...tiles].sort(),
        once.tiles.map((tile) => [`${tile.level}/${tile.index}`, hex(Buffer.concat(tile.hashes))]).sort(),
      );
    }),
    { numRuns: 150 },
  );
  assert.equal(hex(new Frontier(0, []).root()), hex(EMPTY_ROOT));
});

test('tiles around the sizes at which levels fill up are those of the specification', () => {
  const hash = LEAVES[0]!;
  for (const size of [255, 256, 257, 65535, 65536, 65537]) {
    const { frontier, tiles } = new Frontier(0, []).append(new Array<Uint8Array>(size).fill(hash));
    assert.equal(
      hex(frontier.root()),
      hex(treeHash(new Array<Uint8Array>(size).fill(hash))),
      `root of ${size}`,
    );
    for (const level of [0, 1, 2]) {
      const count = Math.floor(size / 256 ** level);
      const widths = tiles.filter((tile) => tile.level === level).map((tile) => tile.hashes.length);
      assert.equal(
        widths.reduce((sum, width) => sum + width, 0),
        count,
        `level ${level} of ${size}`,
      );
      assert.equal(widths.filter((width) => width < 256).length, count % 256 === 0 ? 0 : 1);
    }
  }
});
