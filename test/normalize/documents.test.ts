// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '../../src/fhir/resource.ts';
import { convertAs } from '../../src/normalize/guide/choosing.ts';
import { loadMappings } from '../../src/normalize/load.ts';
import { MAPPINGS, message, normalizer, PID, resources } from './setting.ts';

interface Attachment {
  readonly contentType?: string;
  readonly data?: string;
  readonly url?: string;
  readonly title?: string;
}

const TXA = (number: string, parent = '') => `TXA|1|CN|TX|||||||||${number}^CLINIC|${parent}`;

function document(event: string, ...segments: readonly string[]): Resource {
  const conversion = normalizer.convert(message(event, 'EVN||20260102', PID, 'PV1|1|N', ...segments));
  const [found, ...others] = resources(conversion, 'DocumentReference');
  assert.ok(found && others.length === 0);
  return found;
}

function attachments(of: Resource): Attachment[] {
  return (of['content'] as { attachment: Attachment }[]).map(({ attachment }) => attachment);
}

const textOf = ({ data = '' }: Attachment) => Buffer.from(data, 'base64').toString('utf8');

test('the lines of a document are one text, whichever OBX and repetition they stand in', () => {
  const [text, ...others] = attachments(
    document(
      'MDM^T02',
      TXA('D1'),
      'OBX|1|TX|N1^Note^L||First line',
      'OBX|2|FT|N1^Note^L||Second\\.br\\Third',
      'OBX|3|ST|N1^Note^L||Grüße~and the last',
    ),
  );
  assert.equal(others.length, 0);
  assert.equal(textOf(text!), 'First line\nSecond\nThird\nGrüße\nand the last');
  assert.equal(text!.contentType, 'text/plain');
  assert.equal(text!.title, 'Note');
  assert.match(JSON.stringify(text), /"code":"N1"/);
});

test('data, pointers and comments are contents of their own beside the text', () => {
  const found = attachments(
    document(
      'MDM^T02',
      TXA('D1'),
      'OBX|1|ED|N1^Note^L||^application^pdf^Base64^JVBERi0x',
      'OBX|2|TX|N1^Note^L||Text',
      'NTE|1||Comment',
      'OBX|3|RP|N1^Note^L||https://docs.example/7^^application^pdf',
    ),
  );
  assert.deepEqual(
    found.map(({ contentType, data, url }) => [contentType, data ? textOf({ data }) : url]),
    [
      ['application/pdf', '%PDF-1'],
      ['text/plain', 'Text'],
      ['text/plain', 'Comment'],
      ['application/pdf', 'https://docs.example/7'],
    ],
  );
});

test('the title of a PDF is what it is called, and not the application that it comes from', () => {
  const [pdf] = attachments(
    document('MDM^T02', TXA('D1'), 'OBX|1|ED|N1^Note^L||SCRIBE^application^pdf^Base64^JVBERi0x'),
  );
  assert.equal(pdf!.title, 'Note');
  assert.match(JSON.stringify(pdf), /source-application","valueString":"SCRIBE"/);
});

test('who has typed a letter is told, and how confidential it is in the codes of FHIR', () => {
  const txa = `TXA|1|CN|TX${'|'.repeat(8)}T1^Inkwell^Nib|D1^CLINIC||||||R`;
  const conversion = normalizer.convert(
    message('MDM^T02', 'EVN||20260102', PID, 'PV1|1|N', txa, 'OBX|1|TX|N1||x'),
  );
  assert.deepEqual(conversion.unmapped, []);
  const typed = resources(conversion, 'Provenance').find((one) => /"TRANS"/.test(JSON.stringify(one)));
  assert.match(JSON.stringify(typed?.['agent']), /Nib Inkwell/);
  const { securityLabel } = resources(conversion, 'DocumentReference')[0] as { securityLabel?: unknown };
  assert.match(JSON.stringify(securityLabel), /v3-Confidentiality","code":"R"/);
});

test('a document only mentions the account of its patient: one that has ended stays so', () => {
  const pid = `${PID}${'|'.repeat(13)}A1^^^CLINIC`;
  const { entries } = normalizer.convert(message('MDM^T01', 'EVN||20260102', pid, 'PV1|1|N', TXA('D1')));
  assert.equal(entries.find(({ resource }) => resource.resourceType === 'Account')?.create, true);
});

test('two documents converted one after the other share no line', () => {
  const one = () => textOf(attachments(document('MDM^T02', TXA('D1'), 'OBX|1|TX|N1^Note^L||Line'))[0]!);
  assert.equal(one(), 'Line');
  assert.equal(one(), 'Line');
});

test('an addendum appends to its parent, a replacement replaces it, an edit is the same document', () => {
  const relation = (event: string) =>
    (document(event, TXA('D2', 'D1^CLINIC'), 'OBX|1|TX|N1||x')['relatesTo'] as { code: string }[])[0]!.code;
  assert.equal(relation('MDM^T06'), 'appends');
  assert.equal(relation('MDM^T10'), 'replaces');
  const first = document('MDM^T02', TXA('D1'), 'OBX|1|TX|N1||x');
  assert.equal(document('MDM^T08', TXA('D1'), 'OBX|1|TX|N1||y').id, first.id);
  assert.notEqual(document('MDM^T06', TXA('D2'), 'OBX|1|TX|N1||y').id, first.id);
});

test('a cancelled document was entered in error, and its cancellation brings no text in the place of the stored one', () => {
  const cancelled = document('MDM^T11', TXA('D1'));
  assert.equal(cancelled['status'], 'entered-in-error');
  assert.ok(attachments(cancelled).every(({ data, url }) => data === undefined && url === undefined));
});

test('a report that comes as a PDF is what people read of it, where a site says so', async () => {
  const convert = convertAs(await loadMappings(MAPPINGS));
  const header = 'MSH|^~\\&|APP|CLINIC|MOORING|BRIDGE|20260102||ORU^R01|T-1|P|2.5.1';
  const pdf = 'OBX|1|ED|PDF^Report^L||^application^pdf^Base64^JVBERi0x||||||F';
  const text = [header, PID, 'OBR|1|P1|F1|X^X^99', pdf].join('\r');
  for (const [choice, presented, valued] of [
    ['yes', 1, false],
    ['no', undefined, true],
  ] as const) {
    const conversion = convert(text, { 'document-is-report': choice });
    const [report] = resources(conversion, 'DiagnosticReport');
    const [result] = resources(conversion, 'Observation');
    assert.equal((report?.['presentedForm'] as Attachment[] | undefined)?.length, presented);
    assert.equal(JSON.stringify(result).includes('JVBERi0x'), valued);
    assert.deepEqual(conversion.unmapped, []);
  }
});
