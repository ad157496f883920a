// SPDX-License-Identifier: Apache-2.0
// How fast an auditor's machine checks, on one thread: node --import tsx bench/proofs.ts
import { randomBytes } from 'node:crypto';
import { hashLeaf, hashNode, verifyInclusion } from '@mooring/chaincode/merkle';
import { openCheckpoint, signCheckpoint } from '../src/anchor/checkpoint.ts';
import { commitResource } from '../src/anchor/commitment.ts';
import { openSigner, openVerifier } from '../src/anchor/keys.ts';
import { measureSync, printRate } from './rate.ts';

const LEVELS = 16;
const FOR_MS = 3000;

// A perfect tree of 65,536 leaves, of which only the path to leaf 12,345 is ever computed.
const index = 12_345n;
const leaf = hashLeaf(randomBytes(34));
const siblings = Array.from({ length: LEVELS }, () => randomBytes(32));
const root = siblings.reduce<Uint8Array>(
  (node, sibling, level) =>
    (index >> BigInt(level)) & 1n ? hashNode(sibling, node) : hashNode(node, sibling),
  leaf,
);
printRate(
  `inclusion proofs verified (${LEVELS} hashes)`,
  measureSync(FOR_MS, () => verifyInclusion(index, 1n << 16n, leaf, siblings, root)),
);

const signer = openSigner('bench.example/log', randomBytes(32));
const note = signCheckpoint({ origin: 'bench.example/log', size: 65_536n, root }, signer);
const verifiers = [openVerifier(signer.verifierKey)];
printRate(
  'signed checkpoints verified',
  measureSync(FOR_MS, () => void openCheckpoint(note, verifiers)),
);

const observation = {
  resourceType: 'Observation',
  id: 'x',
  meta: { versionId: '1', lastUpdated: '2026-03-01T12:00:00.000Z' },
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '718-7', display: 'Hemoglobin' }] },
  subject: { reference: 'Patient/x' },
  effectiveDateTime: '2026-03-01T12:00:00Z',
  valueQuantity: { value: 13.5, unit: 'g/dL', system: 'http://unitsofmeasure.org', code: 'g/dL' },
};
const salt = randomBytes(32);
printRate(
  'resources committed to (8 elements)',
  measureSync(FOR_MS, () => void commitResource(observation, salt)),
);
