// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convertAs } from '../../src/normalize/guide/choosing.ts';
import { readGuide } from '../../src/normalize/guide/guide.ts';
import { probeGuide } from '../../src/normalize/guide/probe.ts';
import { loadGuide, loadMappings } from '../../src/normalize/load.ts';

const MAPPINGS = new URL('../../mappings/', import.meta.url);
const convert = convertAs(await loadMappings(MAPPINGS));
const guide = readGuide(await loadGuide(new URL('guide/', MAPPINGS)));
const maps = [...guide.segments.values(), ...guide.datatypes.values()];
const findings = [...probeGuide(guide, (text, choices) => convert(text, choices).bundle)];

for (const message of guide.messages) {
  test(`what the guide says of ${message.name} is found where it says, row by row`, () => {
    const own = findings.filter((finding) => finding.message === message.name);
    const wrong = own.filter(({ result }) => result !== 'right');
    assert.deepEqual(
      wrong.map(({ map, row, path, result, error }) => `${map} row ${row} ${path}: ${error ?? result}`),
      [],
    );
    assert.ok(own.length > 0, 'nothing was tried');
  });
}

test('every row that is done was tried, and what is not done has its reason', () => {
  const tried = new Set(findings.map(({ map, row }) => `${map} ${row}`));
  const untried = maps.flatMap(({ name, rows }) =>
    rows.filter(({ row }) => !tried.has(`${name} ${row}`)).map(({ row }) => `${name} row ${row}`),
  );
  assert.deepEqual(untried, []);
  for (const { name, leftOut } of maps)
    for (const [row, why] of leftOut) assert.match(why, /\w+ \w+ \w+/, `${name} row ${row}`);
});

test('fewer than one row in a hundred of the guide is left out', () => {
  const done = maps.reduce((sum, { rows }) => sum + rows.length, 0);
  const left = maps.reduce((sum, { leftOut }) => sum + leftOut.size, 0);
  assert.ok(done + left >= 1_672, `the guide has 1,672 rows, here are ${done + left}`);
  assert.ok(left / (done + left) < 0.01, `${left} of ${done + left} are left out`);
});
