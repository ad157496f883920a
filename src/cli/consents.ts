// SPDX-License-Identifier: Apache-2.0
import { type JsonWebKey, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { buildGrant } from '../consent/build.ts';
import { parseDuration } from '../consent/duration.ts';
import { generatePatientKey, signConsent } from '../consent/sign.ts';
import { readConsent } from '../consent/terms.ts';
import type { Resource } from '../fhir/resource.ts';
import { askOperator, type OperatorOptions } from './operator.ts';
import type { AddCommand, Terminal } from './terminal.ts';

const DEFAULT_URL = 'http://127.0.0.1:8080';

/** What a patient does with their consents, and the enrolment of their key by the operator. */
export const addConsents: AddCommand = (program, terminal) => {
  const consents = program
    .command('consents')
    .description('grant, revoke and list consents, signed with a patient’s key');
  addKeygen(consents, terminal);
  addEnroll(consents, terminal);
  addSubject(consents, terminal);
  addLink(consents, terminal);
  addGrant(consents, terminal);
  addRevoke(consents, terminal);
  addList(consents, terminal);
};

function addKeygen(consents: Command, terminal: Terminal): void {
  consents
    .command('keygen')
    .description('make a patient’s key pair (ES256); the file is the patient’s and stays with them')
    .requiredOption('--key <file>', 'where to write the private JWK')
    .action(async ({ key }: { key: string }) => {
      const { privateJwk } = generatePatientKey();
      await writeFile(key, `${JSON.stringify(privateJwk)}\n`, { mode: 0o600, flag: 'wx' });
      terminal.out(`wrote ${key}`);
    });
}

function addEnroll(consents: Command, terminal: Terminal): void {
  onOperator(consents.command('enroll'))
    .description('register the public half of a patient’s key on the ledger, as the bridge’s operator')
    .requiredOption('--patient <id>', 'logical id of the Patient')
    .requiredOption('--key <file>', 'the patient’s JWK, private or public')
    .option('--replace', 'the patient has another key, which is lost', false)
    .action(async (options: SubjectOptions & { key: string; replace: boolean }) => {
      const { d: _, ...jwk } = await readKey(options.key);
      const path = `/patients/${encodeURIComponent(options.patient)}/key`;
      await askOperator(options, 'POST', path, { jwk, replace: options.replace });
      terminal.out(`enrolled the key of Patient/${options.patient}`);
    });
}

interface SubjectOptions extends OperatorOptions {
  readonly patient: string;
}

function addSubject(consents: Command, terminal: Terminal): void {
  onOperator(consents.command('subject'))
    .description('the pseudonym under which a patient is on the ledger, for another organization to link')
    .requiredOption('--patient <id>', 'logical id of the Patient')
    .action(async (options: SubjectOptions) => {
      const answer = await askOperator(options, 'GET', subjectPath(options.patient));
      const { subject, linked } = answer as { subject: string; linked: string[] };
      for (const each of [subject, ...linked.map((other) => `${other}\tlinked`)]) terminal.out(each);
    });
}

function addLink(consents: Command, terminal: Terminal): void {
  onOperator(consents.command('link'))
    .description('have what was agreed to under another organization’s pseudonym count for a patient here')
    .requiredOption('--patient <id>', 'logical id of the Patient')
    .requiredOption('--subject <pseudonym>', 'what the other organization calls the same patient')
    .option('--channel <name>', 'where the other organization agreed on it; default: the home channel')
    .action(async (options: SubjectOptions & { subject: string; channel?: string }) => {
      const { subject, channel } = options;
      const body = { subject, ...(channel === undefined ? {} : { channel }) };
      await askOperator(options, 'POST', subjectPath(options.patient), body);
      terminal.out(`linked ${options.subject} to Patient/${options.patient}`);
    });
}

const subjectPath = (patient: string) => `/patients/${encodeURIComponent(patient)}/subject`;

interface GrantOptions extends Bridge {
  readonly patient: string;
  readonly to: string;
  readonly for?: number;
  readonly purpose?: readonly string[];
  readonly class?: readonly string[];
  readonly key: string;
}

function addGrant(consents: Command, terminal: Terminal): void {
  onBridge(consents.command('grant'))
    .description('let a participant see records; signed with the patient’s key')
    .requiredOption('--patient <id>', 'logical id of the Patient')
    .requiredOption('--to <participant>', 'id of the participant on the ledger')
    .option('--for <duration>', 'for how long, such as 30m, 1h or 7d; default: until revoked', durationOption)
    .option('--purpose <code...>', 'only for these v3 purposes of use, such as TREAT')
    .option('--class <type...>', 'only these resource types, such as Observation')
    .requiredOption('--key <file>', 'the patient’s private JWK')
    .action(async (options: GrantOptions) => {
      const now = Date.now();
      const grant = buildGrant({
        id: randomUUID(),
        patient: options.patient,
        to: options.to,
        from: now,
        ...(options.for === undefined ? {} : { until: now + options.for }),
        purposes: options.purpose ?? [],
        classes: options.class ?? [],
      });
      await putConsent(options, signConsent(grant, await readKey(options.key), { version: 1, at: now }));
      terminal.out(`granted: Consent/${grant.id}`);
    });
}

function addRevoke(consents: Command, terminal: Terminal): void {
  onBridge(consents.command('revoke'))
    .description('end a consent; signed with the patient’s key')
    .requiredOption('--consent <id>', 'logical id of the Consent')
    .requiredOption('--key <file>', 'the patient’s private JWK')
    .action(async (options: Bridge & { consent: string; key: string }) => {
      const current = await askFhir(options, 'GET', `Consent/${encodeURIComponent(options.consent)}`);
      const version = (readConsent(current).version ?? 1) + 1;
      const ended = { ...current, status: 'inactive' };
      await putConsent(options, signConsent(ended, await readKey(options.key), { version, at: Date.now() }));
      terminal.out(`revoked: Consent/${options.consent}`);
    });
}

function addList(consents: Command, terminal: Terminal): void {
  onBridge(consents.command('list'))
    .description('the consents of a patient: id, status, whom they let in, until when')
    .requiredOption('--patient <id>', 'logical id of the Patient')
    .action(async (options: Bridge & { patient: string }) => {
      const bundle = await askFhir(options, 'GET', `Consent?patient=${encodeURIComponent(options.patient)}`);
      const entries = (bundle['entry'] ?? []) as { resource: Resource }[];
      for (const { resource } of entries) terminal.out(lineOf(resource));
    });
}

function lineOf(consent: Resource): string {
  const { terms } = readConsent(consent);
  const rules = [terms.provision, ...(terms.provision.provision ?? [])];
  const actors = rules.flatMap(({ actor }) =>
    (actor ?? []).map(({ participant, role }) => participant ?? `any ${role}`),
  );
  const end = rules.flatMap(({ period }) => period?.end ?? []).sort()[0];
  return `${terms.consent}\t${terms.status}\t${actors.join(',') || 'anyone'}\t${end ?? 'until revoked'}`;
}

function onOperator(command: Command): Command {
  return command
    .option('--url <url>', 'the bridge', DEFAULT_URL)
    .option('--data-dir <folder>', 'the bridge’s data folder', 'data');
}

interface Bridge {
  readonly url: string;
  readonly token: string;
}

function onBridge(command: Command): Command {
  return command
    .option('--url <url>', 'the bridge', DEFAULT_URL)
    .requiredOption(
      '--token <token>',
      'bearer token of a client of the patient’s organization (mooring token)',
    );
}

async function putConsent(bridge: Bridge, consent: Resource): Promise<void> {
  await askFhir(bridge, 'PUT', `Consent/${consent.id}`, consent);
}

async function askFhir(
  { url, token }: Bridge,
  method: 'GET' | 'PUT',
  path: string,
  body?: Resource,
): Promise<Resource> {
  const response = await fetch(`${url}/fhir/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/fhir+json',
      ...(body ? { 'content-type': 'application/fhir+json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}${reasonIn(text)}`);
  return (text === '' ? { resourceType: 'Parameters' } : JSON.parse(text)) as Resource;
}

function reasonIn(text: string): string {
  try {
    const { issue } = JSON.parse(text) as { issue?: { diagnostics?: string }[] };
    return `: ${issue?.map(({ diagnostics }) => diagnostics).join('; ') ?? ''}`;
  } catch {
    return '';
  }
}

async function readKey(file: string): Promise<JsonWebKey> {
  return JSON.parse(await readFile(file, 'utf8')) as JsonWebKey;
}

function durationOption(text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs === undefined)
    throw new InvalidArgumentError('expected a number and m, h, d or w, such as 1h');
  return durationMs;
}
