// SPDX-License-Identifier: Apache-2.0
import { ACTION_SYSTEM, PURPOSE_SYSTEM } from '@mooring/chaincode/matching';
import { ROLES } from '@mooring/chaincode/readTerms';
import type { Code, Period, Provision } from '@mooring/chaincode/terms';
import { periodInterval } from '@mooring/chaincode/time';
import { readReference } from '../fhir/references.ts';
import {
  CLASS_SYSTEM,
  MASK_EXTENSION,
  PARTICIPANT_ROLE_SYSTEM,
  PARTICIPANT_SYSTEM,
  PARTICIPATION_SYSTEM,
} from './names.ts';
import { codingAt, conceptAt, type Json, listAt, objectAt, onlyKnown, refuse, textAt } from './read.ts';

const ELEMENTS = [
  ...['id', 'extension', 'type', 'period', 'actor', 'action', 'securityLabel', 'purpose', 'class', 'code'],
  ...['dataPeriod', 'data', 'provision'],
];
const MAX_DEPTH = 6;

type Actor = NonNullable<Provision['actor']>[number];
type Data = NonNullable<Provision['data']>[number];

/**
 * R4 wants no type on the root and one on every nested rule; profiles such as IHE's put the base decision on the root. Both are taken:
 * without a type the root is a closed base, whose exceptions permit.
 */
export function readProvision(value: unknown, path: string, depth = 0): Provision {
  const rule = objectAt(value, path);
  onlyKnown(rule, path, ELEMENTS);
  if (depth >= MAX_DEPTH) throw refuse(path, `rules are nested more than ${MAX_DEPTH} deep`);
  const { type } = rule;
  const implicit = depth === 0 && type === undefined;
  if (!implicit && type !== 'permit' && type !== 'deny')
    throw refuse(`${path}.type`, 'expected permit or deny', 'value');
  const nested = listAt(rule['provision'], `${path}.provision`);
  if (implicit && nested.length === 0)
    throw refuse(`${path}.type`, 'a rule without a type and without exceptions says nothing', 'required');
  return {
    type: type === 'permit' ? 'permit' : 'deny',
    ...(implicit ? { implicit } : {}),
    ...element(rule, path, 'period', readPeriod),
    ...repeated(rule, path, 'actor', readActor),
    ...repeated(rule, path, 'action', readAction),
    ...repeated(rule, path, 'purpose', readPurpose),
    ...repeated(rule, path, 'securityLabel', codingAt),
    ...repeated(rule, path, 'class', readClass),
    ...repeated(rule, path, 'code', conceptAt),
    ...element(rule, path, 'dataPeriod', readPeriod),
    ...repeated(rule, path, 'data', readData),
    ...readMask(rule, path),
    ...repeated(rule, path, 'provision', (each, at) => readProvision(each, at, depth + 1)),
  };
}

function readPeriod(value: unknown, path: string): Period {
  const { start, end } = objectAt(value, path);
  const period = {
    ...(start === undefined ? {} : { start: textAt(start, `${path}.start`) }),
    ...(end === undefined ? {} : { end: textAt(end, `${path}.end`) }),
  };
  if (intervalLength(period, path) < 0) throw refuse(path, 'ends before it starts', 'invariant');
  return period;
}

function intervalLength(period: Period, path: string): number {
  try {
    const { from, to } = periodInterval(period);
    return to - from;
  } catch (cause) {
    throw Object.assign(refuse(path, 'expected FHIR dateTimes', 'value'), { cause });
  }
}

/** `reference` names one participant; a role of ours any in that role; both: that one, as long as it has the role. */
function readActor(value: unknown, path: string): Actor {
  const { role, reference } = objectAt(value, path);
  const roles = conceptAt(role, `${path}.role`);
  const ours = roles.find(({ system }) => system === PARTICIPANT_ROLE_SYSTEM);
  if (ours && !ROLES.some((known) => known === ours.code))
    throw refuse(`${path}.role`, 'no such role', 'code-invalid');
  if (
    !ours &&
    !roles.some(({ system, code }) => system === PARTICIPATION_SYSTEM && (code === 'PRCP' || code === 'IRCP'))
  )
    throw refuse(`${path}.role`, 'expected PRCP or IRCP, a recipient, or a participant role');
  const participant = readParticipant(objectAt(reference ?? {}, `${path}.reference`), `${path}.reference`);
  if (!ours && participant === undefined)
    throw refuse(
      `${path}.reference`,
      'expected Organization/[participant] or a participant identifier',
      'required',
    );
  return { ...(participant === undefined ? {} : { participant }), ...(ours ? { role: ours.code } : {}) };
}

/** Also used for the custodian. */
export function readParticipant(reference: Json, path: string): string | undefined {
  const identifier = reference['identifier'] as Json | undefined;
  if (identifier?.['system'] === PARTICIPANT_SYSTEM)
    return textAt(identifier['value'], `${path}.identifier.value`);
  if (reference['reference'] === undefined && identifier === undefined) return undefined;
  const target = readReference(reference['reference']);
  if (target?.type !== 'Organization' || target.base || target.version)
    throw refuse(path, 'expected Organization/[participant] or a participant identifier');
  return target.id;
}

function readAction(value: unknown, path: string): Code[] {
  const codes = conceptAt(value, path);
  const known = codes.filter(
    ({ system, code }) => system === ACTION_SYSTEM && (code === 'access' || code === 'correct'),
  );
  if (known.length !== codes.length) throw refuse(path, `expected access or correct of ${ACTION_SYSTEM}`);
  return known;
}

function readPurpose(value: unknown, path: string): Code {
  const code = codingAt(value, path);
  if (code.system !== PURPOSE_SYSTEM) throw refuse(`${path}.system`, `expected ${PURPOSE_SYSTEM}`);
  return code;
}

function readClass(value: unknown, path: string): Code {
  const code = codingAt(value, path);
  if (code.system !== CLASS_SYSTEM) throw refuse(`${path}.system`, `expected ${CLASS_SYSTEM}`);
  return code;
}

function readData(value: unknown, path: string): Data {
  const { meaning, reference } = objectAt(value, path);
  if (meaning !== 'instance')
    throw refuse(`${path}.meaning`, 'only single records (instance) can be told apart');
  const target = readReference(objectAt(reference, `${path}.reference`)['reference']);
  if (!target || target.base || target.version)
    throw refuse(`${path}.reference`, 'expected a reference to a record of this server, of any version');
  return { meaning, reference: `${target.type}/${target.id}` };
}

function readMask(rule: Json, path: string): { mask?: string[] } {
  const extensions = listAt(rule['extension'], `${path}.extension`);
  if (extensions.length === 0) return {};
  const mask = extensions.map((extension, index) => {
    const at = `${path}.extension[${index}]`;
    const { url, valueString } = objectAt(extension, at);
    if (url !== MASK_EXTENSION) throw refuse(at, 'this extension can not be enforced here');
    return textAt(valueString, `${at}.valueString`);
  });
  if (rule['type'] !== 'permit')
    throw refuse(`${path}.extension`, 'only what is permitted can be masked', 'invariant');
  return { mask };
}

function element<N extends string, T>(
  rule: Json,
  path: string,
  name: N,
  read: (value: unknown, path: string) => T,
): { [K in N]?: T } {
  const value = rule[name];
  return (value === undefined ? {} : { [name]: read(value, `${path}.${name}`) }) as { [K in N]?: T };
}

/** Repeats of an element are ORed, and so are the codings of one concept: one flat list. */
function repeated<N extends string, T>(
  rule: Json,
  path: string,
  name: N,
  read: (value: unknown, path: string) => T | T[],
): { [K in N]?: T[] } {
  const values = listAt(rule[name], `${path}.${name}`);
  if (values.length === 0) return {};
  const all = values.flatMap((value, index) => read(value, `${path}.${name}[${index}]`));
  return { [name]: all } as { [K in N]?: T[] };
}
