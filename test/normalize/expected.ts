// SPDX-License-Identifier: Apache-2.0
// Writes fixtures/expected anew: node --import tsx test/normalize/expected.ts. Read the difference before you commit it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixture, fixtureNames, normalizer, printConversion, ROOT } from './setting.ts';

for (const name of fixtureNames) {
  const expected = join(ROOT, 'fixtures/expected', name.replace(/\.hl7$/, '.ndjson'));
  writeFileSync(expected, printConversion(normalizer.convert(fixture(name))));
}
