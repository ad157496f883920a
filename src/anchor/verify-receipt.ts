// SPDX-License-Identifier: Apache-2.0
import { hashLeaf, verifyInclusion } from '@mooring/chaincode/merkle';
import { canonicalize } from '../fhir/canonical.ts';
import { parseJson } from '../fhir/json.ts';
import type { Resource } from '../fhir/resource.ts';
import type { TrustedLedger } from '../ledger/trust.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { openCheckpoint, parseTreeHead, type TreeHead } from './checkpoint.ts';
import { commitmentOfPartial, commitResource, leafKindOf, readLeaf } from './commitment.ts';
import { parseNoteUnsafe } from './note.ts';
import { type Receipt, readReceipt } from './receipt.ts';
import { parseTlogProof } from './tlog-proof.ts';
import type { Trust } from './trust.ts';

export type CheckName = 'form' | 'content' | 'commitment' | 'leaf' | 'inclusion' | 'checkpoint' | 'ledger';

export interface Check {
  readonly name: CheckName;
  readonly ok: boolean;
  /** What was found, in words; ids, sizes and positions only. */
  readonly detail: string;
}

export interface Verdict {
  /** Every check holds. */
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

/** What the evidence must show: that the ledger committed this checkpoint. `root` in base64. */
export interface ExpectedCheckpoint {
  readonly origin: string;
  readonly size: string;
  readonly root: string;
}

/** What became of a ledger's evidence: `detail` says for people where and by whom it was committed. */
export type EvidenceVerdict =
  | { readonly ok: true; readonly detail: string }
  | { readonly ok: false; readonly reason: string };

/** How the evidence of each kind of ledger is checked; the adapters know, and whoever calls passes it in. */
export type EvidenceChecks = {
  readonly [Kind in TrustedLedger['kind']]: (
    evidence: unknown,
    trusted: Extract<TrustedLedger, { kind: Kind }>,
    expected: ExpectedCheckpoint,
  ) => EvidenceVerdict;
};

/** A check that didn't hold; only its message leaves this file. */
class Refuted extends Error {}

/**
 * Checks a receipt against the trusted keys, offline: each link from the record to the ledger on its own, so that the verdict names
 * exactly those that are broken. The receipt may come from anyone; this never throws on it.
 */
export function verifyReceipt(value: unknown, trust: Trust, evidenceChecks: EvidenceChecks): Verdict {
  const receipt = readReceipt(value);
  if (!receipt) return verdict([{ name: 'form', ok: false, detail: 'this is no receipt, version 1' }]);
  return verdict([
    check('content', () => verifyContent(receipt)),
    check('commitment', () => verifyCommitment(receipt)),
    check('leaf', () => verifyLeaf(receipt)),
    check('inclusion', () => verifyPlace(receipt)),
    check('checkpoint', () => verifySignature(receipt, trust)),
    check('ledger', () => verifyLedger(receipt, trust, evidenceChecks)),
  ]);
}

/** The text is in canonical form and is of the record that the receipt names. */
function verifyContent({ record, resource: text, salt }: Receipt): string {
  const resource = parseJson(text) as Resource;
  if (canonicalize(resource) !== text) throw new Refuted('the text is not in canonical form');
  if (resource.resourceType !== record.type || resource.id !== record.id)
    throw new Refuted('the text is not of the record that the receipt names');
  const shownVersion = resource.meta?.versionId;
  if (shownVersion !== String(record.version))
    throw new Refuted('the text is of another version of the record');
  const name = `${record.type}/${record.id}, version ${record.version}`;
  return salt === undefined ? `${name}, in part: ${Object.keys(resource).join(', ')}` : name;
}

/** The content is what the leaf commits to. */
function verifyCommitment(receipt: Receipt): string {
  const leaf = readLeaf(bytesOf(receipt.leaf));
  const computed = commitmentOf(receipt);
  if (!leaf || !computed || !Buffer.from(computed).equals(leaf.commitment))
    throw new Refuted('the leaf commits to other content');
  return `commitment ${toBase64(computed)}`;
}

/** The leaf is one of ours and of the kind of the record. */
function verifyLeaf({ leaf: text, record }: Receipt): string {
  const leaf = readLeaf(bytesOf(text));
  if (!leaf) throw new Refuted('these bytes are no leaf');
  if (leaf.kind !== leafKindOf(record.type)) throw new Refuted(`the leaf is of kind ${leaf.kind}`);
  return `leaf of kind ${leaf.kind}`;
}

/** The proof leads from the leaf to the root of the checkpoint. Who signed that is the next question. */
function verifyPlace({ leaf, index, proof: text }: Receipt): string {
  const proof = parseTlogProof(text);
  if (proof.index !== BigInt(index)) throw new Refuted('the proof is of another leaf than the receipt says');
  const head = parseTreeHead(parseNoteUnsafe(proof.checkpoint).text);
  verifyInclusion(proof.index, head.size, hashLeaf(bytesOf(leaf)), proof.hashes, head.root);
  return `leaf ${proof.index} of ${head.size}`;
}

/** A trusted key of that log has signed the checkpoint. */
function verifySignature(receipt: Receipt, { verifiers }: Trust): string {
  const { origin, size } = openCheckpoint(parseTlogProof(receipt.proof).checkpoint, verifiers);
  return `signed by ${origin} at size ${size}`;
}

/** A trusted ledger has committed this very checkpoint. */
function verifyLedger({ proof, ledger: evidence }: Receipt, trust: Trust, checks: EvidenceChecks): string {
  const expected = expectedOf(parseTreeHead(parseNoteUnsafe(parseTlogProof(proof).checkpoint).text));
  const candidates = trust.ledgers.filter(({ kind }) => kind === evidence.kind);
  if (candidates.length === 0) throw new Refuted('no trusted ledger is of the kind of the evidence');
  const reasons = new Set<string>();
  for (const trusted of candidates) {
    const answer = checkEvidence(evidence, trusted, expected, checks);
    if (answer.ok)
      return `checkpoint ${expected.size} of ${expected.origin} is on the ledger: ${answer.detail}`;
    reasons.add(answer.reason);
  }
  throw new Refuted([...reasons].join('; '));
}

function checkEvidence(
  evidence: unknown,
  trusted: TrustedLedger,
  expected: ExpectedCheckpoint,
  checks: EvidenceChecks,
): EvidenceVerdict {
  switch (trusted.kind) {
    case 'embedded':
      return checks.embedded(evidence, trusted, expected);
    case 'fabric':
      return checks.fabric(evidence, trusted, expected);
    default:
      return trusted satisfies never;
  }
}

function commitmentOf({ resource: text, salt, salts, hidden }: Receipt): Uint8Array | undefined {
  const resource = parseJson(text) as Resource;
  if (salt !== undefined) return commitResource(resource, bytesOf(salt));
  const own = Object.entries(salts ?? {}).map(([name, each]) => [name, bytesOf(each)] as const);
  return commitmentOfPartial({
    shown: resource,
    salts: Object.fromEntries(own),
    hidden: (hidden ?? []).map(bytesOf),
  });
}

function expectedOf({ origin, size, root }: TreeHead): ExpectedCheckpoint {
  return { origin, size: size.toString(), root: toBase64(root) };
}

function bytesOf(text: string): Uint8Array {
  const bytes = fromBase64(text);
  if (!bytes) throw new Refuted('there is something that is not base64');
  return bytes;
}

function check(name: CheckName, verify: () => string): Check {
  try {
    return { name, ok: true, detail: verify() };
  } catch (cause) {
    // Our own errors' messages say ids, sizes and positions only; anything else could quote the content.
    const ours = cause instanceof Error && (cause instanceof Refuted || 'code' in cause || 'issues' in cause);
    return { name, ok: false, detail: ours ? cause.message : 'the receipt can not be read' };
  }
}

function verdict(checks: readonly Check[]): Verdict {
  return { ok: checks.every(({ ok }) => ok), checks };
}
