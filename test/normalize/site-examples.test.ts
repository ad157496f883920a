// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { addMappings } from '../../src/cli/mappings.ts';
import { runCommand } from './command.ts';
import { MAPPINGS } from './setting.ts';

const mooring = (...args: string[]) => runCommand(addMappings, 'mappings', ...args);

const HEADER = 'MSH|^~\\&|APP|CLINIC|MOORING|BRIDGE|20260102030405||ADT^A08|T-1|P|2.5.1\rEVN||20260102\r';
const PID = 'PID|1||P1^^^CLINIC^MR||Roe^Jane\r';

/** A folder of mappings with the site file of a clinic, and the example messages and expectations beside it. */
async function withExamples(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<void>,
  site = 'facility: CLINIC\n',
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'mooring-sites-'));
  try {
    await cp(MAPPINGS, folder, {
      recursive: true,
      filter: (path) => !/[/\\](guide|example-[^/\\]*)$/.test(path),
    });
    await mkdir(join(folder, 'site/clinic'), { recursive: true });
    await writeFile(join(folder, 'site/clinic.yaml'), site);
    for (const [name, text] of Object.entries(files))
      await writeFile(join(folder, 'site/clinic', name), text);
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function tested(files: Readonly<Record<string, string>>, site?: string) {
  const results: Awaited<ReturnType<typeof mooring>>[] = [];
  const run = async (folder: string) => {
    results.push(await mooring('test', '--mappings', folder));
  };
  await withExamples(files, run, site);
  return results[0]!;
}

test('the examples of the sites that come with the program are as expected', async () => {
  const { out, code } = await mooring('test');
  assert.equal(code, 0, out.join('\n'));
  assert.match(out.at(-1)!, /^\d+ messages, all as expected$/);
});

test('an expectation that does not hold is printed with what was found instead, and the exit code is 1', async () => {
  const expected = [
    'Patient:',
    '  - name.family > Roe',
    '  - name.family > Doe',
    '  - not name.given',
    '  - not name.family > Roe',
    '  - birthDate',
    '  - not birthDate',
    'Condition: code',
  ];
  const { out, code } = await tested({ 'a.hl7': HEADER + PID, 'a.expect.yaml': expected.join('\n') });
  assert.equal(code, 1);
  assert.deepEqual(out, [
    'clinic/a.hl7  NOT as expected',
    '    Patient: name.family > Doe: found "Roe"',
    '    Patient: not name.given: found "Jane"',
    '    Patient: not name.family > Roe: found "Roe"',
    '    Patient: birthDate: found nothing',
    '    Condition: code: found no Condition',
    '1 messages, 0 as expected',
  ]);
});

test('a message without expectations must be converted, with a row for every value', async () => {
  const { out, code } = await tested({
    'a.hl7': HEADER + PID,
    'b.hl7': `${HEADER}${PID}ZPD|x\r`,
    'c.hl7': HEADER,
  });
  assert.equal(code, 1);
  assert.deepEqual(out, [
    'clinic/a.hl7  as expected',
    'clinic/b.hl7  NOT as expected',
    '    ZPD-1 has no row: only an extension keeps it',
    'clinic/c.hl7  NOT as expected',
    `    it fails with HL7 error 100: ${out.at(-2)!.split(': ').slice(1).join(': ')}`,
    '3 messages, 1 as expected',
  ]);
});

test('a message may be expected to fail, and to leave fields without a row', async () => {
  const { out, code } = await tested({
    'a.hl7': HEADER,
    'a.expect.yaml': 'error: 100',
    'b.hl7': `${HEADER}${PID}ZPD|x\r`,
    'b.expect.yaml': 'unmapped: ZPD-1',
    'c.hl7': HEADER + PID,
    'c.expect.yaml': 'error: 100',
  });
  assert.equal(code, 1);
  assert.deepEqual(out.slice(0, 2), ['clinic/a.hl7  as expected', 'clinic/b.hl7  as expected']);
  assert.match(out[3]!, /^ {4}error: 100: the message was converted/);
});

test('an example of another sender than the site is no example of it', async () => {
  const { out, code } = await tested({ 'a.hl7': (HEADER + PID).replace('|CLINIC|', '|OTHER|') });
  assert.equal(code, 1);
  assert.equal(out[1], '    MSH-4 and MSH-3 are not those of clinic, but of no site file');
});

test('what cannot be tried is wrong usage: no such site, no examples, mappings or expectations that do not compile', async () => {
  await withExamples({}, async (folder) => {
    assert.equal((await mooring('test', 'klinik', '--mappings', folder)).code, 2);
    assert.equal((await mooring('test', '--mappings', folder)).code, 2);
  });
  const files = { 'a.hl7': HEADER + PID };
  assert.equal((await tested(files, 'facility: CLINIC\nrows: {PID/Patient: {a: nonsense}}')).code, 2);
  assert.equal((await tested({ 'b.expect.yaml': 'Patient: name' })).code, 2);
  const { code, out } = await tested({ ...files, 'a.expect.yaml': 'Patient: name..x' });
  assert.equal(code, 1);
  assert.match(out[1]!, /is no path/);
});

test('mooring mappings lint prints file and line, for a folder or one file of it', async () => {
  const site = 'facility: CLINIC\nfacilty: X\n';
  await withExamples(
    {},
    async (folder) => {
      const all = await mooring('lint', folder);
      assert.equal(all.code, 1);
      assert.match(all.out[0]!, /clinic\.yaml:2: nobody reads facilty: did you mean facility\?$/);
      const one = await mooring('lint', join(folder, 'site/clinic.yaml'));
      assert.deepEqual(one.out, all.out);
      const other = await mooring('lint', join(folder, 'segments/PID-Patient.yaml'));
      assert.deepEqual([other.code, other.out], [0, ['segments/PID-Patient.yaml: nothing is wrong']]);
      assert.equal((await mooring('lint', join(folder, 'nowhere.yaml'))).code, 2);
    },
    site,
  );
});

test('unmapped codes of files are listed by frequency, as a table and as the beginning of a site file', async () => {
  const message = `${HEADER}${PID.trimEnd()}||||QQ\r`.replace('|Roe^Jane||||QQ', '|Roe^Jane|||QQ');
  await withExamples({ 'a.hl7': message.replace('T-1', 'T-2') + message }, async (folder) => {
    const file = join(folder, 'site/clinic/a.hl7');
    const table = await mooring('unmapped', file, '--mappings', folder);
    assert.equal(table.code, 0);
    assert.match(table.out[1]!, /^2 +CLINIC +PID-8 +- +QQ +not in codes\/administrative-sex\.yaml$/);
    const site = await mooring('unmapped', file, '--mappings', folder, '--format', 'site');
    assert.deepEqual(site.out.slice(0, 1).concat(site.out.slice(2)), [
      'facility: CLINIC',
      'codes:',
      '  administrative-sex:',
      "    QQ: '' # PID-8",
    ]);
    const none = await mooring('unmapped', file, '--mappings', folder, '--sender', 'OTHER');
    assert.deepEqual(none.out, ['no unmapped codes']);
  });
});
