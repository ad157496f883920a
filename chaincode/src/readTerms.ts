// SPDX-License-Identifier: Apache-2.0
import { readId } from './arguments.ts';
import { ContractError } from './errors.ts';
import type { AccessRequest, Code, ConsentTerms, Period, Provision, ResourceFacts } from './terms.ts';
import { periodInterval } from './time.ts';

export const ROLES = [
  'hospital',
  'clinic',
  'laboratory',
  'pharmacy',
  'practitioner',
  'patient',
  'auditor',
] as const;
export type Role = (typeof ROLES)[number];

const MAX_REPEATS = 200;
const MAX_TEXT = 512;

type Json = Readonly<Record<string, unknown>>;

/** Checks the shape of terms to the last member: what isn't known here couldn't be enforced. Throws ContractError('TERMS_INVALID'). */
export function readTerms(value: unknown): ConsentTerms {
  const terms = members(value, 'terms', [
    'subject',
    'consent',
    'version',
    'status',
    'custodian',
    'provision',
  ]);
  const { version, status, custodian } = terms;
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1)
    throw invalid('terms.version');
  if (status !== 'active' && status !== 'revoked') throw invalid('terms.status');
  return {
    subject: readId(text(terms['subject'], 'terms.subject'), 'terms.subject'),
    consent: readId(text(terms['consent'], 'terms.consent'), 'terms.consent'),
    version,
    status,
    ...(custodian === undefined ? {} : { custodian: list(custodian, 'terms.custodian', text) }),
    provision: readProvision(terms['provision'], 'terms.provision', true),
  };
}

/** A request as it comes from a bridge; `roles` are not taken from there, but from the register of participants. */
export function readRequest(value: unknown): Omit<AccessRequest, 'roles'> {
  const names = ['subject', 'custodian', 'recipient', 'purpose', 'action', 'resource'];
  const { action, resource, ...request } = members(value, 'request', names);
  if (action !== 'access' && action !== 'correct') throw invalid('request.action');
  return {
    subject: readId(text(request['subject'], 'request.subject'), 'request.subject'),
    custodian: readId(text(request['custodian'], 'request.custodian'), 'request.custodian'),
    recipient: readId(text(request['recipient'], 'request.recipient'), 'request.recipient'),
    purpose: text(request['purpose'], 'request.purpose'),
    action,
    ...(resource === undefined ? {} : { resource: readFacts(resource) }),
  };
}

const PROVISION = [
  ...[
    'type',
    'implicit',
    'period',
    'actor',
    'action',
    'purpose',
    'securityLabel',
    'class',
    'code',
    'dataPeriod',
  ],
  ...['data', 'mask', 'provision'],
];

function readProvision(value: unknown, path: string, root: boolean): Provision {
  const rule = members(value, path, PROVISION);
  const { type, implicit } = rule;
  if (type !== 'permit' && type !== 'deny') throw invalid(`${path}.type`);
  if (implicit !== undefined && !(implicit === true && root && type === 'deny'))
    throw invalid(`${path}.implicit`);
  if (rule['mask'] !== undefined && type !== 'permit') throw invalid(`${path}.mask`);
  return {
    type,
    ...(implicit ? { implicit } : {}),
    ...optional(rule, path, 'period', readPeriod),
    ...optional(rule, path, 'actor', (v, p) => list(v, p, readActor)),
    ...optional(rule, path, 'action', codes),
    ...optional(rule, path, 'purpose', codes),
    ...optional(rule, path, 'securityLabel', codes),
    ...optional(rule, path, 'class', codes),
    ...optional(rule, path, 'code', codes),
    ...optional(rule, path, 'dataPeriod', readPeriod),
    ...optional(rule, path, 'data', (v, p) => list(v, p, readData)),
    ...optional(rule, path, 'mask', (v, p) => list(v, p, text)),
    ...optional(rule, path, 'provision', (v, p) => list(v, p, (each, at) => readProvision(each, at, false))),
  };
}

function readFacts(value: unknown): ResourceFacts {
  const facts = members(value, 'resource', ['type', 'id', 'codes', 'labels', 'period']);
  return {
    type: text(facts['type'], 'resource.type'),
    id: text(facts['id'], 'resource.id'),
    codes: list(facts['codes'], 'resource.codes', readCode, 0),
    labels: list(facts['labels'], 'resource.labels', readCode, 0),
    ...optional(facts, 'resource', 'period', readPeriod),
  };
}

function readActor(value: unknown, path: string): { participant?: string; role?: string } {
  const actor = members(value, path, ['participant', 'role']);
  const role = actor['role'];
  if (role !== undefined && !ROLES.includes(role as Role)) throw invalid(`${path}.role`);
  if (role === undefined && actor['participant'] === undefined) throw invalid(path);
  return {
    ...optional(actor, path, 'participant', (v, p) => readId(text(v, p), p)),
    ...(role === undefined ? {} : { role: role as Role }),
  };
}

/** Relationships other than the single record can't be told from the facts of one resource. */
function readData(value: unknown, path: string): { meaning: 'instance'; reference: string } {
  const data = members(value, path, ['meaning', 'reference']);
  if (data['meaning'] !== 'instance') throw invalid(`${path}.meaning`);
  return { meaning: 'instance', reference: text(data['reference'], `${path}.reference`) };
}

function readPeriod(value: unknown, path: string): Period {
  const period = members(value, path, ['start', 'end']);
  const read = { ...optional(period, path, 'start', text), ...optional(period, path, 'end', text) };
  const { from, to } = periodInterval(read);
  if (from > to) throw invalid(path);
  return read;
}

function codes(value: unknown, path: string): readonly Code[] {
  return list(value, path, readCode);
}

function readCode(value: unknown, path: string): Code {
  const code = members(value, path, ['system', 'code']);
  return { ...optional(code, path, 'system', text), code: text(code['code'], `${path}.code`) };
}

/** An empty list would mean "nobody" to one reader and "everybody" to another. */
function list<T>(value: unknown, path: string, read: (each: unknown, path: string) => T, least = 1): T[] {
  if (!Array.isArray(value) || value.length < least || value.length > MAX_REPEATS) throw invalid(path);
  return value.map((each, index) => read(each, `${path}[${index}]`));
}

function text(value: unknown, path: string): string {
  if (typeof value !== 'string' || value.length === 0 || value.length > MAX_TEXT) throw invalid(path);
  return value;
}

function members(value: unknown, path: string, known: readonly string[]): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(path);
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw invalid(`${path}: unknown member`);
  return value as Json;
}

function optional<N extends string, T>(
  from: Json,
  path: string,
  name: N,
  read: (value: unknown, path: string) => T,
): { [K in N]?: T } {
  const value = from[name];
  return (value === undefined ? {} : { [name]: read(value, `${path}.${name}`) }) as { [K in N]?: T };
}

function invalid(path: string): ContractError {
  return new ContractError('TERMS_INVALID', `${path} is not as it must be`);
}
