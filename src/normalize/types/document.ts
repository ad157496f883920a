// SPDX-License-Identifier: Apache-2.0
import { MOORING_BASE } from '../../fhir/resource.ts';
import { type Element, isEmpty } from '../element.ts';
import type { Frame } from '../frame.ts';
import { Place } from '../place.ts';
import { encapsulatedData, referencePointer } from './attachment.ts';
import { concept } from './concept.ts';
import type { Fill, TypeOf } from './converter.ts';
import { cleanCode } from './text.ts';

const OBSERVATION = `${MOORING_BASE}/StructureDefinition/observation-code`;
const code = concept({ strict: false }) as Fill;

/** The lines of a text that becomes an attachment when all of the message has been read. */
const texts = new WeakMap<Element, string[]>();
/** What OBX-3 says of an attachment, as it was sent: that of each line is mostly the same. */
const titles = new WeakMap<Element, string>();
/** Of each DocumentReference the attachment with its text: an OBX is one line or page of it, not a document of its own. */
const textOf = new WeakMap<Element, Element>();

/** TX, FT or ST -> Attachment of plain text; one that has text gets a further line. */
export const textAttachment: TypeOf = () => ({
  kind: 'fill',
  outward: true,
  fill(target, place, frame) {
    addLine(target, place.readWhole(frame.run.taken, frame.run.message.delimiters), frame, place);
  },
});

/** CWE as a line of plain text, `words` and below them `code-display-system`. */
export const codedAttachment: TypeOf = () => ({
  kind: 'fill',
  outward: true,
  fill(target, place, frame) {
    const read = (part: number) => place.read(frame.run.taken, part).trim();
    const triplets = [[1, 2, 3] as const, [4, 5, 6] as const, [10, 11, 12] as const];
    const codes = triplets
      .map((parts) => parts.map(read))
      .filter((parts) => parts.some((part) => part !== ''));
    const all = [read(9), ...codes.map((parts) => parts.join('-'))].filter((line) => line !== '');
    for (const line of all) addLine(target, line, frame, place);
  },
});

/** TX, FT or ST -> the text of a DocumentReference, to which each adds a line. */
export const textContent: TypeOf = (options) => {
  const { fill } = textAttachment(options) as Fill;
  return {
    kind: 'fill',
    outward: true,
    fill(target, place, frame) {
      const known = textOf.get(target) ?? attachmentFor(target);
      textOf.set(target, known);
      const blank = place.repetition === 1 ? blankBefore(place, frame) : [];
      if (texts.has(known)) for (const line of blank) addLine(known, '', frame, line);
      fill(known, place, frame);
      for (const line of [place, ...blank]) entitle(known, line, frame);
      discardEmpty(target);
    },
  };
};

/** The lines just before this one in which nothing is written, and which no row is called for. */
function blankBefore({ segment, field }: Place, { run }: Frame): Place[] {
  const blank: Place[] = [];
  for (let index = segment.index - 1; index > 0; index--) {
    const before = run.message.segments[index]!;
    if (before.name !== segment.name || before.raw(field).trim() !== '') break;
    if (before.value(2) !== segment.value(2)) break;
    blank.push(new Place(before, field, 1));
  }
  return blank;
}

/** ED -> content of a DocumentReference. */
export const dataContent: TypeOf = (options) => contentOf(encapsulatedData(options) as Fill);

/** RP -> content of a DocumentReference. */
export const pointerContent: TypeOf = (options) => contentOf(referencePointer(options) as Fill);

function contentOf({ fill }: Fill): Fill {
  return {
    kind: 'fill',
    outward: true,
    fill(target, place, frame) {
      const attachment = attachmentFor(target);
      fill(attachment, place, frame);
      if (!isEmpty(attachment)) entitle(attachment, place, frame);
      discardEmpty(target);
    },
  };
}

/** The attachment of which only the type is known yet, from TXA-3, else a new one. */
function attachmentFor(document: Element): Element {
  const contents = (document['content'] as { attachment: Element }[] | undefined) ?? [];
  document['content'] = contents;
  const waiting = contents.find(({ attachment }) => !texts.has(attachment) && !isFilled(attachment));
  if (waiting) return waiting.attachment;
  const attachment: Element = {};
  contents.push({ attachment });
  return attachment;
}

/** The name of the observation (OBX-3) is the title of its content, and its code an extension of it. */
function entitle(attachment: Element, { segment }: Place, frame: Frame): void {
  const name = new Place(segment, 3, 1);
  if (!name.valued) return;
  const sent = segment.whole(3, 1);
  if (titles.get(attachment) !== sent) {
    if (attachment['title'] !== undefined) return;
    titles.set(attachment, sent);
    const observation: Element = {};
    code.fill(observation, name, frame);
    const others = (attachment['extension'] ?? []) as Element[];
    attachment['extension'] = [...others, { url: OBSERVATION, valueCodeableConcept: observation }];
    const title = cleanCode(name.peek(2)) ?? cleanCode(name.peek()) ?? cleanCode(name.peek(9));
    if (title === undefined) return;
    attachment['title'] = title;
    frame.run.note(attachment, 'title', name);
    return;
  }
  // What the first line has said of them all.
  name.takeAll(frame.run.taken);
}

function isFilled({ data, url }: Element): boolean {
  return data !== undefined || url !== undefined;
}

function discardEmpty(document: Element): void {
  const contents = document['content'] as { attachment: Element }[];
  if (isEmpty(contents.at(-1)!.attachment)) contents.pop();
  if (contents.length === 0) delete document['content'];
}

function addLine(attachment: Element, line: string, frame: Frame, place: Place): void {
  const known = texts.get(attachment);
  if (known) {
    known.push(line);
    return;
  }
  const lines = [line];
  texts.set(attachment, lines);
  attachment['contentType'] ??= 'text/plain';
  frame.run.note(attachment, 'data', place);
  frame.run.later(() => {
    attachment['data'] = Buffer.from(lines.join('\n'), 'utf8').toString('base64');
  });
}
