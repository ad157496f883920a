// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '../../src/fhir/resource.ts';
import { Hl7Error } from '../../src/ingest/hl7/errors.ts';
import { MappingError } from '../../src/normalize/errors.ts';
import type { Group } from '../../src/normalize/grammar/group.ts';
import { positionsOf, readGrammar } from '../../src/normalize/grammar/notation.ts';
import { structureOf } from '../../src/normalize/grammar/parse.ts';
import { fixture, message, normalizer, only, PID, resources } from './setting.ts';

const text = (value: unknown) => (value as { text?: string } | undefined)?.text;
const notes = (resource: Resource | undefined) =>
  ((resource?.['note'] as { text: string }[] | undefined) ?? []).map(text);
const referenceOf = (value: unknown) => (value as { reference?: string } | undefined)?.reference;

const TWO_ORDERS = message(
  'ORU^R01',
  PID,
  'ORC|RE|O1^P|F1^L',
  'OBR|1|O1^P|F1^L|A^Panel A^L',
  'NTE|1||of order one',
  'OBX|1|NM|A1^a^L||1||||||F',
  'NTE|1||of A1',
  'NTE|2||again of A1',
  'OBX|2|NM|A2^b^L||2||||||F',
  'SPM|1|^S1||BLD',
  'ORC|RE|O2^P|F2^L',
  'OBR|2|O2^P|F2^L|B^Panel B^L',
  'OBX|1|NM|B1^c^L||3||||||F',
  'NTE|1||of B1',
  'SPM|1|^S2||UR',
);

test('each result, note and specimen belongs to the order that it stands under', () => {
  const conversion = normalizer.convert(TWO_ORDERS);
  const [a1, a2, b1] = resources(conversion, 'Observation');
  const [first, second] = resources(conversion, 'DiagnosticReport');
  const [one, two] = resources(conversion, 'ServiceRequest');
  const [blood, urine] = resources(conversion, 'Specimen');
  const results = (report?: Resource) => ((report?.['result'] ?? []) as unknown[]).map(referenceOf);
  assert.deepEqual(results(first), [`Observation/${a1?.id}`, `Observation/${a2?.id}`]);
  assert.deepEqual(results(second), [`Observation/${b1?.id}`]);
  assert.deepEqual([a1, a2, b1].map(notes), [['of A1', 'again of A1'], [], ['of B1']]);
  assert.deepEqual([one, two].map(notes), [['of order one'], []]);
  assert.deepEqual(
    [a1, a2, b1].map((obs) => referenceOf(obs?.['specimen'])),
    [`Specimen/${blood?.id}`, `Specimen/${blood?.id}`, `Specimen/${urine?.id}`],
  );
  assert.equal(referenceOf(((b1?.['basedOn'] ?? []) as unknown[])[0]), `ServiceRequest/${two?.id}`);
});

test('two patients in one message keep their own results', () => {
  const conversion = normalizer.convert(fixture('042'));
  const patients = resources(conversion, 'Patient').map((one) => `Patient/${one.id}`);
  assert.equal(new Set(patients).size, 2);
  assert.deepEqual(
    resources(conversion, 'Observation').map((one) => referenceOf(one['subject'])),
    patients,
  );
});

test('a result of nobody known is refused where it stands', () => {
  const orphan = message('ORU^R01', PID, 'OBR|1|A|B|C^D^L', 'OBX|1|ST|X^Y^L||t||||||F');
  assert.doesNotThrow(() => normalizer.convert(orphan));
  const early = message('ORU^R01', 'OBR|1|A|B|C^D^L', 'OBX|1|ST|X^Y^L||t||||||F', PID, 'OBR|1|A2|B2|C^D^L');
  assert.throws(
    () => normalizer.convert(early),
    (error) => error instanceof Hl7Error && error.code === '100',
  );
});

test('segments out of order are taken where they belong, and reported', () => {
  const conversion = normalizer.convert(
    message(
      'ADT^A01',
      'EVN||2026',
      PID,
      'PV1|1|I|||||||||||||||||V1',
      'DG1|1||I10^x^I10',
      'AL1|1|DA|PCN^Penicillin^L',
      'NK1|1|Doe^John|SPO',
    ),
  );
  assert.equal(resources(conversion, 'RelatedPerson').length, 1);
  assert.equal(resources(conversion, 'AllergyIntolerance').length, 1);
  const reported = conversion.issues
    .filter((issue) => issue.code === 'structure')
    .map((issue) => issue.diagnostics);
  assert.ok(reported.some((diagnostics) => diagnostics.startsWith('NK1[1]')));
});

test('a diagnosis that is sent before the visit is one of the visit all the same', () => {
  const segments = ['PV1|1|I|||||||||||||||||V1', 'DG1|1||I10^x^I10|||A', 'OBX|1|ST|X^Y^L||t||||||F'];
  const said = (order: readonly string[]) =>
    normalizer
      .convert(message('ADT^A01', 'EVN||2026', PID, ...order))
      .entries.filter(({ resource }) => resource.resourceType !== 'Provenance')
      .map(({ resource }) => JSON.stringify(resource))
      .sort();
  assert.deepEqual(said(segments.toReversed()), said([segments[0]!, segments[2]!, segments[1]!]));
});

test('segments that no place is known for are kept and reported, value by value', () => {
  const conversion = normalizer.convert(
    message(
      'ADT^A01',
      'EVN||2026',
      PID,
      'PV1|1|I|||||||||||||||||V1',
      'ZAB|1|own^thing',
      'RXA|0|1|2026',
      PID.replace('P1', 'P2'),
    ),
  );
  assert.equal(only(conversion, 'Patient').resourceType, 'Patient');
  const places = conversion.unmapped.map(
    ({ segment, sequence, field, component }) =>
      `${segment}[${sequence}]-${field}${component ? `.${component}` : ''}`,
  );
  for (const place of ['ZAB[1]-1', 'ZAB[1]-2.1', 'ZAB[1]-2.2', 'RXA[1]-3', 'PID[2]-3.1', 'PID[2]-5.1']) {
    assert.ok(places.includes(place), place);
  }
});

test('a grammar says where it is wrong', () => {
  for (const wrong of ['MSH [PID', 'MSH [PID NK1]', 'MSH PID]', 'MSH [{ }]']) {
    assert.throws(() => readGrammar('X', wrong), MappingError, wrong);
  }
});

test('an optional group is entered again when it repeats, not when it does not', () => {
  const grammar = readGrammar('X', 'MSH {A: PID [{B: OBR [{OBX}] [NTE]}]}');
  assert.equal(positionsOf(grammar, 'B.OBX').length, 1);
  const root = structureOf(
    message('X^Y', 'PID', 'OBR', 'OBX', 'OBX', 'NTE', 'OBR', 'NTE', 'PID'),
    grammar,
    [],
  );
  const shape = (group: typeof root): unknown => [
    group.position.name,
    group.placed.map((one) => one.segment.name).join(' '),
    ...group.children.map(shape),
  ];
  assert.deepEqual(shape(root), [
    'X',
    'MSH',
    ['A', 'PID', ['B', 'OBR OBX OBX NTE'], ['B', 'OBR NTE']],
    ['A', 'PID'],
  ]);
});

/** A structure as text, each group with its segments and groups in the order of the message; `?` marks a segment without a place. */
function shapeOf(group: Group): string {
  const first = (one: Group): number =>
    Math.min(...one.placed.map(({ segment }) => segment.index), ...one.children.map(first));
  const parts = [
    ...group.placed.map(({ segment, position }) => ({
      at: segment.index,
      text: `${segment.name}${position ? '' : '?'}`,
    })),
    ...group.children.map((child) => ({ at: first(child), text: shapeOf(child) })),
  ];
  const inner = parts.sort((one, other) => one.at - other.at).map(({ text }) => text);
  return `${group.position.name}(${inner.join(' ')})`;
}

const RESULTS = readGrammar(
  'ORU',
  `MSH {RESULT: [PATIENT: PID [PD1] [{NTE}] [{NK1}] [VISIT: PV1 [PV2]]]
    {ORDER: [ORC] OBR [{NTE}] [{TIMING: TQ1}] [{OBS: OBX [{NTE}]}] [{SPECIMEN: SPM [{SPECIMEN_OBS: OBX}]}]}}`,
);

const shapeOfResults = (...segments: readonly string[]): string =>
  shapeOf(structureOf(message('ORU^R01', ...segments), RESULTS, []));

test('a visit, kin or timing that comes late goes back to its patient or order, and what follows stays where it is', () => {
  assert.equal(
    shapeOfResults('PID', 'OBR', 'OBX', 'PV1', 'PV2', 'OBX', 'NK1', 'OBR', 'OBX', 'TQ1'),
    'ORU(MSH RESULT(PATIENT(PID VISIT(PV1 PV2) NK1) ORDER(OBR OBS(OBX) OBS(OBX)) ORDER(OBR OBS(OBX) TIMING(TQ1))))',
  );
});

test('a segment never opens the group of a patient or an order whose own segment is missing', () => {
  assert.equal(
    shapeOfResults('NTE', 'PID', 'OBR', 'OBX', 'PD1', 'OBX', 'SPM', 'NTE'),
    'ORU(MSH NTE? RESULT(PATIENT(PID PD1) ORDER(OBR OBS(OBX) OBS(OBX) SPECIMEN(SPM) NTE)))',
  );
  assert.equal(
    shapeOfResults('PV1', 'PID', 'OBR', 'SPM', 'AL1', 'OBX'),
    'ORU(MSH PV1? RESULT(PATIENT(PID AL1?) ORDER(OBR SPECIMEN(SPM SPECIMEN_OBS(OBX)))))',
  );
  const late = readGrammar('ORM', 'MSH PID {ORDER: ORC [DETAIL: OBR [{OBS: OBX}]]}');
  const odd = structureOf(message('ORM^O01', 'PID', 'ORC', 'OBX', 'OBR', 'ORC'), late, []);
  assert.equal(shapeOf(odd), 'ORM(MSH PID ORDER(ORC DETAIL(OBS(OBX) OBR)) ORDER(ORC))');
});

test('what is said of the patient at a place that the structure does not have is not said of a specimen or result', () => {
  const patient = [PID, 'ORC|RE|A|B', 'OBR|1|A|B|C^D^L', 'NK1|1|Roe^Bo|SPO'];
  const misplaced = [
    'SPM|1|S1||BLD',
    'AL1|1|DA|PCN^Penicillin^L',
    'OBX|1|NM|X^y^L||1||||||F',
    'DG1|1||I10^x^I10',
  ];
  const conversion = normalizer.convert(message('ORU^R01', ...patient, ...misplaced));
  const keepers = conversion.entries.filter(({ resource }) =>
    /v2\/(AL1|DG1)-3/.test(JSON.stringify(resource)),
  );
  // Results only mention their patient: what they say of him nevertheless stays with the message.
  assert.deepEqual(
    keepers.map(({ resource }) => resource.resourceType),
    ['Provenance'],
  );
  const moved = normalizer.convert(message('ADT^A02', 'EVN||2026', PID, 'PV1|1|I', 'GT1|1||Roe^Bo'));
  assert.match(JSON.stringify(only(moved, 'Patient')), /v2\/GT1-3/);
});

test('the specimen of one order is not that of the order before or after it', () => {
  const conversion = normalizer.convert(
    message(
      'ORU^R01',
      PID,
      ...['ORC|RE|O1^P|F1^L', 'OBR|1|O1^P|F1^L|A^Panel A^L', 'OBX|1|NM|A1^a^L||1||||||F', 'SPM|1|^S1||BLD'],
      ...['ORC|RE|O2^P|F2^L', 'OBR|2|O2^P|F2^L|B^Panel B^L', 'OBX|1|NM|B1^c^L||3||||||F'],
    ),
  );
  const [first, second] = resources(conversion, 'DiagnosticReport');
  const [a1, b1] = resources(conversion, 'Observation');
  assert.ok(first?.['specimen'] && a1?.['specimen']);
  assert.equal(second?.['specimen'], undefined);
  assert.equal(b1?.['specimen'], undefined);
});

test('who takes part by one segment does not lend a practice to who takes part by another', () => {
  const conversion = normalizer.convert(fixture('260'));
  const roles = resources(conversion, 'PractitionerRole').map((role) => [
    (role['practitioner'] as { display?: string } | undefined)?.display,
    (role['organization'] as { display?: string } | undefined)?.display,
  ]);
  const practice = roles.filter(([, organization]) => organization === 'Weiss Practice');
  assert.deepEqual(
    practice.map(([who]) => who),
    ['Dr Karl Weiss'],
  );
});
