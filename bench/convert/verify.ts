// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { Resource } from '../../src/fhir/resource.ts';
import { readBytes } from '../../src/ingest/hl7/charset.ts';
import { type Parser, tally } from '../peers/parser.ts';
import type { Form } from './messages.ts';
import { OURS } from './ours.ts';
import { openBenchNormalizer } from './subjects.ts';

/** Throws unless all parsers see the same in messages of these forms, and their Bundles have all results and issues of no weight. */
export async function verify(forms: readonly Form[], peers: readonly Parser[]): Promise<void> {
  const normalizer = await openBenchNormalizer();
  for (const { name, results, message } of forms) {
    const bytes = message(7);
    const { bundle, issues } = normalizer.convert(readBytes(bytes).message);
    const seen = seenBy(OURS, bytes);
    for (const peer of peers) assert.deepEqual(seenBy(peer, bytes), seen, `${peer.name}, ${name}`);
    assert.deepEqual(
      issues.filter(({ severity }) => severity !== 'information'),
      [],
      name,
    );
    const made = (bundle['entry'] as { resource: Resource }[]).map(({ resource }) => resource);
    const observations = made.filter(({ resourceType }) => resourceType === 'Observation');
    assert.equal(new Set(observations.map(({ id }) => id)).size, results, `results of ${name}`);
    const names = made.find(({ resourceType }) => resourceType === 'Patient')?.['name'];
    assert.equal((names as { family: string }[] | undefined)?.[0]?.family, seen.family, name);
  }
}

function seenBy<P>(parser: Parser<P>, bytes: Buffer) {
  const parsed = parser.parse(bytes);
  return { family: parser.family(parsed), segments: parser.segments(parsed), ...tally(parser, parsed) };
}
