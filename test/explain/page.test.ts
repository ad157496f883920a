// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { needs } from '../require.ts';
import { openBrowser, servePage } from './browser.ts';

const browser = needs('chromium', 'MOORING_TEST_CHROMIUM');
const FIXTURE = readFileSync(
  new URL('../../fixtures/hl7/067-adt-a08-z-segments.hl7', import.meta.url),
  'utf8',
);
const FAMILY = 'PID-5.1: Oakhollow';

describe('the page that explains a message', 'value' in browser ? {} : browser, () => {
  let opened: Awaited<ReturnType<typeof openBrowser>>;
  before(async () => {
    opened = await openBrowser('value' in browser ? browser.value : '');
  });
  after(() => opened?.close());

  async function visit(t: TestContext) {
    const served = await servePage(t);
    const page = await opened.context.newPage();
    page.setDefaultTimeout(20_000);
    t.after(() => page.close());
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    await page.goto(`${served.url}/explain`);
    return { ...served, page, asked, faults };
  }

  async function explain(page: Page, token: string, text = FIXTURE) {
    await page.getByLabel('Operator token').fill(token);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByLabel('HL7 v2 message').fill(text);
    await page.getByRole('button', { name: 'Explain' }).click();
  }

  const value = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
  const lit = (page: Page) =>
    page.locator('[aria-current]').evaluateAll((all) => all.map((one) => one.ariaLabel));
  const said = (page: Page) => page.getByRole('status').innerText();
  const focused = (page: Page) => page.evaluate('document.activeElement.ariaLabel');

  test('who points at a value of the message sees where it went, and the row that took it there', async (t) => {
    const { page, token, faults } = await visit(t);
    await explain(page, token);
    await value(page, FAMILY).hover();
    assert.deepEqual(await lit(page), [FAMILY, 'Patient.name[0].family: Oakhollow']);
    assert.match(
      await said(page),
      /PID-5\.1\s+→ Patient\.name\[0\]\.family by segments\/PID-Patient#names > datatypes\/XPN#family/,
    );
    assert.ok(await value(page, 'Patient.name[0].family: Oakhollow').isVisible());
    assert.deepEqual(faults, []);
  });

  test('who points at an element of a resource sees the field that it came from', async (t) => {
    const { page, token } = await visit(t);
    await explain(page, token);
    await value(page, 'Patient.birthDate: 1969-02-28').hover();
    assert.deepEqual(await lit(page), ['PID-7.1: 19690228', 'Patient.birthDate: 1969-02-28']);
    assert.match(await said(page), /Patient\.birthDate\s+← PID-7\.1 by segments\/PID-Patient#birth-date/);
    await value(page, FAMILY).hover();
    assert.equal((await lit(page)).length, 2);
  });

  test('what only an extension keeps and what a rule leaves out are marked, and not by colour alone', async (t) => {
    const { page, token } = await visit(t);
    await explain(page, token);
    const marks = (name: string) =>
      value(page, name).evaluate((one) => {
        const { getComputedStyle: styleOf } = globalThis as unknown as Styles;
        const { borderBottomStyle, textDecorationLine } = styleOf(one);
        return [styleOf(one, '::after').content, borderBottomStyle, textDecorationLine];
      });
    assert.deepEqual(await marks('ZPD-2.1, kept: Lighthouse volunteer'), ['"kept"', 'dashed', 'none']);
    assert.deepEqual(await marks('PID-1.1, dropped: 1'), ['"dropped"', 'none', 'line-through']);
    assert.deepEqual(await marks(FAMILY), ['none', 'none', 'none']);
    await value(page, 'PID-1.1, dropped: 1').hover();
    assert.match(await said(page), /left out by the rule set-id/);
    await value(page, 'ZPD-2.1, kept: Lighthouse volunteer').hover();
    assert.match((await lit(page))[1] ?? '', /extension\[\d+\]\.valueString, kept: Lighthouse volunteer$/);
    const noticed = page.getByRole('region', { name: 'What was noticed' });
    await noticed.getByRole('button', { name: 'ZPD-2', exact: true }).click();
    assert.equal(await focused(page), 'ZPD-2.1, kept: Lighthouse volunteer');
  });

  test('the keyboard alone is enough', async (t) => {
    const { page, token } = await visit(t);
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await press('Tab');
    await page.keyboard.type(token);
    await press('Enter');
    await page.getByRole('heading', { name: 'Latest messages' }).waitFor();
    await page.getByLabel('HL7 v2 message').focus();
    await page.keyboard.insertText(FIXTURE);
    await press('Tab', 'Enter');
    await page.getByRole('heading', { name: 'Message', exact: true }).waitFor();
    await press('Tab', 'ArrowDown', 'ArrowDown', 'End', 'Home', 'ArrowRight', 'ArrowLeft');
    assert.equal(await focused(page), 'MSH-3.1: HARBOUR_EHR');
    await press('ArrowDown', 'ArrowDown', 'ArrowRight');
    while ((await focused(page)) !== FAMILY) await press('ArrowRight');
    await press('Enter');
    assert.equal(await focused(page), 'Patient.name[0].family: Oakhollow');
    await press('ArrowDown');
    assert.deepEqual(await lit(page), ['PID-5.2: Rufina', 'Patient.name[0].given[0]: Rufina']);
    await press('Enter');
    assert.equal(await focused(page), 'PID-5.2: Rufina');
    await press('Escape');
    assert.equal(await focused(page), 'Patient.name[0].given[0]: Rufina');
  });

  test('a wrong token is told, and nothing else', async (t) => {
    const { page } = await visit(t);
    await page.getByLabel('Operator token').fill('wrong');
    await page.getByRole('button', { name: 'Open' }).click();
    const alert = page.getByRole('alert').filter({ hasText: 'does not know this token' });
    await alert.waitFor();
    assert.ok(await page.getByRole('main').isHidden());
  });

  test('the page asks nobody but its bridge, and keeps the token nowhere', async (t) => {
    const { page, token, url, asked } = await visit(t);
    await explain(page, token);
    await value(page, FAMILY).waitFor();
    assert.ok(asked.length > 5);
    assert.deepEqual(
      asked.filter((one) => !one.startsWith(`${url}/explain`) && !one.startsWith(`${url}/operator/`)),
      [],
    );
    assert.ok(asked.every((one) => !one.includes(token)));
    const stored = 'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])';
    assert.equal(await page.evaluate(stored), '[{},{},""]');
    const answer = await fetch(`${url}/explain`);
    const policy = answer.headers.get('content-security-policy') ?? '';
    assert.match(policy, /^default-src 'none';script-src 'self';style-src 'self'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.doesNotMatch(await answer.text(), /<script(?![^>]*src=)|<style| style=| on\w+=/);
  });

  test('a message that came in is listed and shown, and that somebody looked is audited', async (t) => {
    const { page, token, inbox, desk } = await visit(t);
    await inbox.receive(Buffer.from(FIXTURE), { transport: 'mllp', peer: 'test' });
    await inbox.settled();
    const audits = desk.store.audits.length;
    await page.getByLabel('Operator token').fill(token);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^Show the message received/ }).click();
    await value(page, FAMILY).waitFor();
    assert.equal(desk.store.audits.length, audits + 1);
  });

  test('a message that cannot be converted is shown with what is wrong in it', async (t) => {
    const { page, token } = await visit(t);
    await explain(page, token, FIXTURE.replace('ADT^A08^ADT_A01', 'XYZ^Z99'));
    await page.getByText('The message could not be converted.').waitFor();
    const noticed = page.getByRole('region', { name: 'What was noticed' });
    await noticed.getByRole('button', { name: 'MSH-9' }).click();
    assert.equal(await focused(page), 'MSH-9.1: XYZ');
  });

  test('of a message of a thousand results only what is looked at is drawn, and the last is found', async (t) => {
    const { page, token } = await visit(t);
    await explain(page, token, results(1_000));
    await value(page, 'OBX-5.1: 1.50').hover();
    assert.deepEqual(await lit(page), ['OBX-5.1: 1.50', 'Observation.valueQuantity.value: 1.50']);
    const drawn = await page.locator('.value').count();
    assert.ok(drawn < 5_000, `${drawn} values are drawn`);
    await value(page, 'OBX-5.1: 1.50').focus();
    await page.keyboard.press('End');
    assert.match(String(await focused(page)), /^OBX\[1000\]-/);
    await value(page, 'OBX[1000]-5.1: 1000.50').hover();
    assert.deepEqual(await lit(page), ['OBX[1000]-5.1: 1000.50', 'Observation.valueQuantity.value: 1000.50']);
  });
});

/** As much of a browser's globals as is asked of it here. */
interface Styles {
  getComputedStyle(
    element: unknown,
    pseudo?: string,
  ): Record<'content' | 'borderBottomStyle' | 'textDecorationLine', string>;
}

function results(count: number): string {
  const at = '20240101110000+0000';
  return [
    `MSH|^~\\&|LAB|HARBOUR|MOORING|HOSP|${at}||ORU^R01^ORU_R01|B1|P|2.5.1`,
    'PID|1||P77^^^HARBOUR^MR||Quillfeather^Marta||19700101|F',
    'ORC|RE|PL1|FI1',
    `OBR|1|PL1|FI1|24323-8^Panel^LN|||${at}|||||||||||||||${at}||CH|F`,
    ...Array.from(
      { length: count },
      (_, n) => `OBX|${n + 1}|NM|${n + 1}-1^Analyte ${n + 1}^LN||${n + 1}.50|mg/dL^^UCUM|||||F|||${at}`,
    ),
  ].join('\r');
}
