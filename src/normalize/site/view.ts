// SPDX-License-Identifier: Apache-2.0
import type { Issue } from '../../fhir/outcome.ts';
import { knownCharset } from '../../ingest/hl7/charsets.ts';
import { Message, Segment } from '../../ingest/hl7/message.ts';
import { type Dialect, dialectOf } from '../../ingest/hl7/segment.ts';
import { MappingError } from '../errors.ts';
import type { SiteFile } from '../files.ts';
import { readReference } from '../language/reference.ts';

/** A message as its site says it is to be read. */
export type View = (message: Message) => Message;

/** A field that is read as another of its segment. */
export interface Move {
  readonly segment: string;
  readonly from: number;
  readonly to: number;
}

/**
 * What a site file says of fields that stand elsewhere, and of events under other names. Where MSH-9 says only the type, as HL7 v2.1 has
 * it, the event comes from elsewhere. Throws MappingError.
 */
export function compileView({ moves, events }: Pick<SiteFile, 'moves' | 'events'>): View {
  const bySegment = new Map<string, Move[]>();
  for (const [from, to] of Object.entries(moves ?? {})) {
    const move = readMove(from, to);
    bySegment.set(move.segment, [...(bySegment.get(move.segment) ?? []), move]);
  }
  const named = new Map(Object.entries(events ?? {}));
  return (message) => {
    const sent = sentEvent(message.header);
    const spoken = eventOf(message);
    const event = named.get(spoken) ?? spoken;
    if (bySegment.size === 0 && event === sent) return message;
    const { delimiters } = message;
    const dialect = dialectOf(delimiters, knownCharset(message.charset)?.encoding ?? 'utf-8');
    const issues: Issue[] = [...message.issues];
    if (spoken !== sent) issues.push(COMPLETED);
    if (event !== spoken) issues.push(renamed(spoken, event));
    const segments = message.segments.map((segment) => {
      const other = segment.index === 0 && event !== sent ? event : undefined;
      const given = bySegment.get(segment.name) ?? [];
      return other === undefined && given.length === 0 ? segment : viewOf(segment, given, other, dialect);
    });
    return new Message(segments, delimiters, message.charset, issues);
  };
}

export function readMove(from: string, to: string): Move {
  const [source, target] = [readReference(from), readReference(to)];
  const whole = [source, target].every(({ component, repetition }) => component === 0 && !repetition);
  if (!whole || source.segment === undefined || source.segment !== target.segment)
    throw new MappingError(`moves, ${from}: ${to}: a whole field is moved to another of its segment`);
  if (source.segment === 'MSH' && Math.min(source.field, target.field) <= 2)
    throw new MappingError(`moves, ${from}: ${to}: MSH-1 and MSH-2 stay where they are`);
  return { segment: source.segment, from: source.field, to: target.field };
}

/** Types that had one event when HL7 v2.1 had no second component of MSH-9. */
const ONLY_EVENTS: ReadonlyMap<string, string> = new Map([
  ['ORU', 'R01'],
  ['ORM', 'O01'],
]);

/** `ADT^A08`: by MSH-9; where that names the type alone, an ADT says its event in EVN-1 (HL7 v2.1). */
export function eventOf(message: Message): string {
  const sent = sentEvent(message.header);
  if (!sent.endsWith('^')) return sent;
  const type = sent.slice(0, -1);
  const event = type === 'ADT' ? message.segment('EVN')?.value(1).trim() : ONLY_EVENTS.get(type);
  return event !== undefined && /^[A-Z]\d\d$/.test(event) ? sent + event : sent;
}

function sentEvent(header: Segment): string {
  return `${header.value(9, 1, 1)}^${header.value(9, 1, 2)}`;
}

/** A segment some of whose fields were sent elsewhere in it. */
class Moved extends Segment {
  readonly #sent: ReadonlyMap<number, number>;

  constructor(of: Segment, fields: readonly string[], sent: ReadonlyMap<number, number>, dialect: Dialect) {
    super(fields, of.index, of.sequence, dialect);
    this.#sent = sent;
  }

  override sentAs(field: number): number {
    return this.#sent.get(field) ?? field;
  }
}

function viewOf(
  segment: Segment,
  moves: readonly Move[],
  event: string | undefined,
  dialect: Dialect,
): Segment {
  const fields = Array.from({ length: segment.fieldCount + 1 }, (_, field) => segment.raw(field));
  fields[0] = segment.name;
  const sent = new Map<number, number>();
  for (const { from, to } of moves) {
    const value = fields[from] ?? '';
    // What stands in its own place already is not written over: then both stay where they are.
    if (value === '' || (fields[to] ?? '') !== '') continue;
    while (fields.length <= to) fields.push('');
    fields[to] = value;
    fields[from] = '';
    sent.set(to, from);
  }
  if (event !== undefined) {
    const { component } = dialect.delimiters;
    fields[9] = [...event.split('^'), ...segment.raw(9).split(component).slice(2)].join(component);
  }
  return new Moved(segment, fields, sent, dialect);
}

const COMPLETED: Issue = {
  severity: 'information',
  code: 'informational',
  diagnostics: 'MSH-9 says no event: it was found by the type of the message or EVN-1',
  expression: 'MSH-9',
};

function renamed(sent: string, event: string): Issue {
  return {
    severity: 'information',
    code: 'informational',
    diagnostics: `MSH-9 says ${sent}, which this site means as ${event}`,
    expression: 'MSH-9',
  };
}
