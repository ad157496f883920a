// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { compileCodes } from '../../src/normalize/codes.ts';
import { loadMappings } from '../../src/normalize/load.ts';
import { MAPPINGS } from './setting.ts';

interface GuideCodes {
  readonly use: string;
  readonly same?: string;
  readonly mapped?: string;
  readonly 'left-out'?: string;
  readonly why?: string;
}

const { codes } = await loadMappings(MAPPINGS);
const guide: Record<string, GuideCodes> = parse(readFileSync(join(MAPPINGS, 'guide/codes.yaml'), 'utf8'), {
  schema: 'failsafe',
});
const NOT_OURS_TO_SHIP = /SNOMED CT/;

test('every code map of the guide has a file or a table here, and every file that says so is in the list', () => {
  for (const [name, { use }] of Object.entries(guide)) {
    const file = codes[use];
    if (file) assert.ok(file.guide?.split(' ').includes(name), `${use} does not say that it is ${name}`);
    else assert.match(use, /^v2-\d{4}$|^boolean$/, `${name} uses ${use}`);
  }
  for (const [use, file] of Object.entries(codes))
    for (const name of file.guide?.split(' ') ?? []) assert.equal(guide[name]?.use, use, `${use} is ${name}`);
});

test('no code of the guide is left out without a reason, and but for licences fewer than one in a hundred are', () => {
  const sum = { kept: 0, left: 0, licensed: 0 };
  for (const [name, row] of Object.entries(guide)) {
    const left = Number(row['left-out'] ?? 0);
    if (left > 0) assert.ok(row.why, `${name} leaves codes out and says no reason`);
    if (NOT_OURS_TO_SHIP.test(row.why ?? '')) sum.licensed += left;
    else sum.left += left;
    sum.kept += Number(row.same ?? 0) + Number(row.mapped ?? 0);
  }
  assert.equal(sum.kept + sum.left + sum.licensed, 4_763);
  assert.ok(sum.left < 48, `${sum.left} codes are left out`);
});

test('a file has at least as many codes as the guide maps to other ones', () => {
  for (const [name, { use, mapped = 0 }] of Object.entries(guide)) {
    const file = codes[use];
    if (file)
      assert.ok(Object.keys(file.codes ?? {}).length >= Number(mapped), `${use} lacks codes of ${name}`);
  }
});

test('no SNOMED CT code is shipped', () => {
  for (const [name, file] of Object.entries(codes)) {
    assert.notEqual(file.system, 'http://snomed.info/sct', name);
    const map = compileCodes(name, file);
    for (const code of Object.keys(file.codes ?? {}))
      assert.notEqual(map.translate(code)?.system, 'http://snomed.info/sct', `${name} ${code}`);
  }
});
