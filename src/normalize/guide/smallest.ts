// SPDX-License-Identifier: Apache-2.0
import type { GuideMessage, GuidePosition } from './guide.ts';

/** A message under construction: by segment, field, component and subcomponent. */
type Fields = Map<number, Field>;
type Field = string | Map<number, Component>;
type Component = string | Map<number, string>;

/** A value for `PID-5`, `PID-5.1` or `PID-5.1.2`. */
export interface FieldValue {
  readonly field: string;
  readonly value: string;
}

/** What a segment can't do without, whatever is asked of it. */
const NEEDED: Readonly<Record<string, string>> = {
  MSH: '|^~\\&|SENDER|PLACE|||20260105101500+0000||{event}|M1|P|2.5.1',
  EVN: '||20260105101500+0000',
  PID: '|||P1^^^PLACE^MR||Roe^Ada',
  PV1: '||I',
  NK1: '|1|Roe^Bo',
  MRG: '|P0^^^PLACE^MR',
  AL1: '|1||A1^Nuts^L',
  IAM: '|1||A1^Nuts^L|||A',
  DG1: '|1||D1^Cough^L',
  PR1: '|1||P1^Stitch^L',
  IN1: '|1|PLAN^Plan^L|I1|Payor',
  OBR: '|1|O1^PLACE|F1^PLACE|C1^Test^L',
  OBX: '|1|ST|C1^Test^L||text||||||F',
  ORC: '|RE|O1^PLACE|F1^PLACE',
  NTE: '|1||text',
  SPM: '|1|S1^S2||BLD',
  TQ1: '|1',
  RXA: '|0|1|20260105||V1^Vaccine^L|1',
  RXR: '|PO',
  RXO: '|R1^Pill^L',
  RXE: '||R1^Pill^L|1||mg',
  TXA: '|1|CN|TX',
  SCH: '|A1|A2',
  AIS: '|1||S1^Service^L',
  AIL: '|1||Ward',
  AIP: '|1||77^Doe^Eve',
  AIG: '|1||G1^Thing^L',
  RGS: '|1',
  ROL: '||AD|PP^^HL70443|77^Doe^Eve',
  PRT: '||AD||AP^^HL70443|77^Doe^Eve',
  MSA: '|AA|M0',
};

/**
 * The smallest message of a structure that has a segment at `target` and what the groups around it need. The values are written into
 * that segment, those of other segments into the one that is nearest.
 */
export function smallestMessage(
  message: GuideMessage,
  event: string,
  target: GuidePosition,
  values: readonly FieldValue[],
): string {
  const needed = new Set(values.map(({ field }) => field.split('-')[0]!));
  // Without a patient most messages say nothing.
  const patient = message.positions.find(({ segment, required }) => segment === 'PID' && required);
  const near = message.positions.filter((position) => isNeeded(position, target, needed));
  // What is asked of a segment of another group brings it along.
  const far = [...needed]
    .filter((name) => !near.some(({ segment }) => segment === name))
    .map((name) => message.positions.find(({ segment }) => segment === name));
  const positions = message.positions.filter((position) => [...near, patient, ...far].includes(position));
  const names = positions.map(({ segment }) => segment);
  const segments = positions.map(({ segment }, index) => {
    // A second patient is another one.
    const again = names.indexOf(segment) < index && segment === 'PID';
    const needed = (NEEDED[segment] ?? '').replace('{event}', event);
    return readFields(again ? needed.replace('P1', 'P2') : needed, segment);
  });
  const at = positions.indexOf(target);
  for (const { field, value } of values) {
    const [name, path] = field.split('-') as [string, string];
    const index = name === target.segment ? at : nearest(names, name, at);
    if (index < 0) continue;
    write(segments[index]!, path.split('.').map(Number), value);
  }
  return segments.map((fields, index) => print(names[index]!, fields)).join('\r');
}

function isNeeded(position: GuidePosition, target: GuidePosition, asked: ReadonlySet<string>): boolean {
  if (position === target) return true;
  const { groups } = position;
  const around = groups.every((group, depth) => target.groups[depth] === group);
  if (!around) return false;
  return position.required || (asked.has(position.segment) && position.segment !== target.segment);
}

function nearest(names: readonly string[], name: string, at: number): number {
  const before = names.lastIndexOf(name, at);
  return before >= 0 ? before : names.indexOf(name, at);
}

function readFields(text: string, segment: string): Fields {
  const fields: Fields = new Map();
  const shift = segment === 'MSH' ? 1 : 0;
  for (const [index, value] of text.split('|').entries()) if (value !== '') fields.set(index + shift, value);
  return fields;
}

function write(fields: Fields, [field, component, subcomponent]: number[], value: string): void {
  if (component === undefined) {
    fields.set(field!, value);
    return;
  }
  const known = fields.get(field!);
  // What was there as an example gives way to what is asked for.
  const components: Map<number, Component> = known instanceof Map ? known : splitField(known);
  fields.set(field!, components);
  if (subcomponent === undefined) {
    components.set(component, value);
    return;
  }
  const whole = components.get(component);
  const parts = whole instanceof Map ? whole : new Map(whole === undefined ? [] : [[1, whole]]);
  parts.set(subcomponent, value);
  components.set(component, parts);
}

function splitField(text = ''): Map<number, Component> {
  return new Map(
    text
      .split('^')
      .map((part, index): [number, Component] => [index + 1, part])
      .filter(([, part]) => part !== ''),
  );
}

function print(segment: string, fields: Fields): string {
  const from = segment === 'MSH' ? 2 : 1;
  return [
    segment,
    ...listOf(fields, from).map((field) =>
      field instanceof Map
        ? listOf(field, 1)
            .map((component) =>
              component instanceof Map ? listOf(component, 1).join('&') : (component ?? ''),
            )
            .join('^')
        : (field ?? ''),
    ),
  ].join('|');
}

function listOf<T>(values: ReadonlyMap<number, T>, from: number): (T | undefined)[] {
  const last = Math.max(from - 1, ...values.keys());
  return Array.from({ length: last - from + 1 }, (_, index) => values.get(index + from));
}
