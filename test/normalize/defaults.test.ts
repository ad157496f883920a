// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateResource } from '../../src/fhir/validate.ts';
import { Group } from '../../src/normalize/grammar/group.ts';
import { readGrammar } from '../../src/normalize/grammar/notation.ts';
import { openIds } from '../../src/normalize/identity/ids.ts';
import { compileRules } from '../../src/normalize/identity/rules.ts';
import { Instance } from '../../src/normalize/instance.ts';
import { loadMappings } from '../../src/normalize/load.ts';
import { addTargets } from '../../src/normalize/output/provenance.ts';
import { compileProgram } from '../../src/normalize/program.ts';
import { Run } from '../../src/normalize/run.ts';
import { ID_SECRET, MAPPINGS, message, PID } from './setting.ts';

const files = await loadMappings(MAPPINGS);
const program = compileProgram({ ...files, sites: {} }, { zone: 'Z' });
const sent = message('ADT^A08', PID);

/** A resource of which a message says nothing but its language, beside its patient. */
function unsaid(type: string) {
  const run = new Run(sent, program.siteOf(sent), openIds(ID_SECRET), false);
  const group = new Group(readGrammar('X', 'MSH PID'), undefined);
  const segment = sent.segment('PID')!;
  const made = (name: string, of: string) =>
    new Instance(name, of, compileRules(of, files.resources[of]!), { group, segment });
  const patient = made('patient', 'Patient');
  const instance = type === 'Patient' ? patient : made('it', type);
  patient.resource['identifier'] = [{ system: 'urn:id:CLINIC', value: 'P1' }];
  instance.resource['language'] = 'en';
  group.name(patient);
  run.instances.push(...new Set([patient, instance]));
  run.settle();
  addTargets(run);
  return { ...instance.resource, id: run.idOf(instance) };
}

test('a resource of which next to nothing is said is valid, as R4 lets it say that it is not known', () => {
  // A Bundle is no resource of its own; what was wrong with a message, and what kind of thing a Basic is, is always said.
  const types = Object.keys(files.resources).filter(
    (type) => !['Bundle', 'OperationOutcome', 'Basic'].includes(type),
  );
  assert.ok(types.length > 30);
  const wrong = types.flatMap((type) => validateResource(unsaid(type)).map(({ diagnostics }) => diagnostics));
  assert.deepEqual(wrong, []);
});
