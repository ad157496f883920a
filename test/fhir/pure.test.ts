// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const FOLDER = new URL('../../src/fhir/', import.meta.url);
// `createRequire` loads the published schema and the meta-schema, files of packages, when the first resource is validated.
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'validate/schema.ts': ['node:module'],
  'validate/compile.ts': ['node:module', 'ajv'],
  'validate/issue.ts': ['ajv'],
};

test('the FHIR words import nothing that reads, writes, waits or connects', () => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  assert.ok(files.length > 20);
  for (const file of files) {
    const text = readFileSync(new URL(file, FOLDER), 'utf8');
    const imported = [...text.matchAll(/\bfrom '([^']+)'|\bimport\('([^']+)'\)/g)].map(
      ([, one, other]) => one ?? other ?? '',
    );
    const outside = imported.filter(
      (name) => !name.startsWith('./') && !/^(?:\.\.\/){1,2}[a-z-]+(?:\/[a-z-]+)?\.ts$/.test(name),
    );
    assert.deepEqual(
      outside.filter((name) => !(ALLOWED[file] ?? []).includes(name)),
      [],
      file,
    );
    for (const name of imported.filter((one) => one.startsWith('.'))) {
      const target = new URL(name, new URL(file, FOLDER));
      assert.ok(target.href.startsWith(FOLDER.href), `${file} imports ${name}`);
    }
    assert.doesNotMatch(text, /\bDate\.now\(|\bMath\.random\(|\bprocess\.|\bfetch\(/, file);
  }
});
