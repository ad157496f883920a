// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { before, describe, test } from 'node:test';
import { needs } from '../require.ts';

/** As test/validator prints it; `file` is the number of the line that held the Bundle. */
interface Problem {
  readonly file: string;
  readonly resource: string;
  readonly location: string;
  readonly severity: 'warning' | 'error' | 'fatal';
  readonly message: string;
}

const ROOT = resolve(import.meta.dirname, '../..');
const TIMEOUT_MS = 240_000;
const JAVA = ['-Xmx1g', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** Of repeat patterns HL7 lists the forms (`Q<integer>H`), not the codes; the reminders that all US registries use are CDC's. */
const OPEN_TABLES = ['v2-0215', 'v2-0335'];

const WRONG = {
  resourceType: 'Bundle',
  type: 'transaction',
  entry: [
    {
      fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000001',
      resource: {
        resourceType: 'Observation',
        id: 'wrong',
        code: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'NONE' }] },
        extension: [
          {
            url: 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Observation.none',
            valueString: 'none',
          },
        ],
      },
      request: { method: 'PUT', url: 'Observation/wrong' },
    },
  ],
};

/** The lines that a program prints; it has to end with the given code. */
async function run(
  program: string,
  args: readonly string[],
  expected: number,
  input = '',
): Promise<string[]> {
  const child = spawn(program, args, {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: TIMEOUT_MS,
  });
  child.stdin.end(input);
  const [printed, [code, signal]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  assert.equal(signal ?? code, expected, `how ${program} ended`);
  return printed.split('\n').filter((line) => line !== '');
}

async function convertFixtures(): Promise<string[]> {
  const bundles = await run('bin/mooring', ['convert', 'fixtures/hl7'], 0);
  const files = (await readdir(join(ROOT, 'fixtures/hl7'))).filter((name) => name.endsWith('.hl7'));
  assert.ok(bundles.length >= files.length, `${bundles.length} Bundles from ${files.length} files`);
  return bundles;
}

/** Expects an error somewhere. */
async function validate(folder: string, bundles: readonly string[]): Promise<Problem[]> {
  const classpath = `${join(folder, 'classes')}:${await readFile(join(folder, 'classpath'), 'utf8')}`;
  const printed = await run('java', [...JAVA, '-cp', classpath, 'Validator'], 1, bundles.join('\n'));
  return printed.map((line) => JSON.parse(line));
}

function isOfOpenTable({ message }: Problem): boolean {
  const table = /^Unknown code 'http:\/\/terminology\.hl7\.org\/CodeSystem\/(v2-\d+)#/.exec(message)?.[1];
  return table !== undefined && OPEN_TABLES.includes(table);
}

const hapi = needs('hapi', 'MOORING_TEST_HAPI');

describe("HAPI's validator, which shares nothing with ours", { skip: 'skip' in hapi && hapi.skip }, () => {
  let wrongLine: string;
  let errors: Problem[];
  before(async () => {
    assert.ok('value' in hapi);
    const bundles = await convertFixtures();
    wrongLine = String(bundles.length + 1);
    const problems = await validate(hapi.value, [...bundles, JSON.stringify(WRONG)]);
    errors = problems.filter(({ severity }) => severity !== 'warning');
  });

  test('finds no error in what the messages of fixtures/hl7 become', () => {
    const found = errors
      .filter((problem) => problem.file !== wrongLine && !isOfOpenTable(problem))
      .map(({ file, location, message }) => `line ${file} of mooring convert: ${location}: ${message}`);
    assert.deepEqual(found, []);
  });

  test('names each error of a Bundle that has some', () => {
    const found = errors.filter(({ file }) => file === wrongLine);
    for (const { resource } of found) assert.equal(resource, 'Observation/wrong');
    const messages = found.map(({ message }) => message).join('\n');
    assert.match(messages, /Observation\.status: minimum required = 1/);
    assert.match(messages, /Unknown code .*v2-0074#NONE/);
    assert.match(messages, /extension-Observation\.none' is not valid/);
  });
});
