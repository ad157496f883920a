// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { buildMessage, echoField, joinComponents, type OutgoingSegment, printText } from './build.ts';
import { headerLine, readBytes } from './hl7/charset.ts';
import { HL7_ERROR_TEXTS, Hl7Error } from './hl7/errors.ts';
import { type Message, readMessage } from './hl7/message.ts';

/** HL7 table 0008: A… tells what the application did (original mode), C… only that the message was kept (enhanced mode). */
export type AcknowledgementCode = 'AA' | 'AE' | 'AR' | 'CA' | 'CE' | 'CR';

export interface AckOptions {
  readonly errors?: readonly Hl7Error[];
  readonly now: () => number;
  /** MSH-10 of the acknowledgment; a random one when left out. */
  readonly controlId?: string;
}

/** One message can have thousands of errors; nobody reads more than these. */
const MAX_ERRORS = 50;

/**
 * The acknowledgment of a message (HL7 v2 §2.9 and §2.13). A request that could not be read is given as its bytes: as much of
 * its header as can be understood is echoed, so that the sender at least finds its MSH-10 in MSA-2.
 */
export function buildAck(
  request: Message | Uint8Array,
  code: AcknowledgementCode,
  options: AckOptions,
): Buffer {
  const message = request instanceof Uint8Array ? salvage(request) : request;
  const errors = (options.errors ?? []).slice(0, MAX_ERRORS);
  const before25 = message !== undefined && minorVersion(message) < 5;
  const body: OutgoingSegment[] = [
    { name: 'MSA', fields: acknowledgement(message, code, before25 ? errors[0] : undefined) },
    ...errors.map((error) => ({ name: 'ERR', fields: errorFields(error, before25) })),
  ];
  const header = headerFields(message, options);
  const values = [header, ...body.map((segment) => segment.fields)].flatMap((fields) =>
    Object.values(fields),
  );
  const charset = charsetFor(message, values.join(''));
  const text = buildMessage([{ name: 'MSH', fields: { ...header, 18: charset.declared } }, ...body]);
  return Buffer.from(text, charset.encoding);
}

/** When the sender wants which acknowledgment: HL7 table 0155, always, never, on error or on success. */
export type AcknowledgementCondition = 'AL' | 'NE' | 'ER' | 'SU';

export type AcknowledgementMode =
  | { readonly mode: 'original' }
  | {
      readonly mode: 'enhanced';
      readonly accept: AcknowledgementCondition;
      readonly application: AcknowledgementCondition;
    };

/**
 * The mode that MSH-15 and MSH-16 ask for (§2.9): original when both are empty. In enhanced mode an empty one means never;
 * one that is not in table 0155 means always, for a sender that asks unclearly is better answered than left waiting.
 */
export function acknowledgementMode(message: Message): AcknowledgementMode {
  const accept = message.header.value(15);
  const application = message.header.value(16);
  if (accept === '' && application === '') return { mode: 'original' };
  return { mode: 'enhanced', accept: condition(accept), application: condition(application) };
}

/** Whether a sender gets an answer in any case, in none, or only when things go well, or only when they don't. */
export function answersDue(message: Message): 'always' | 'never' | 'maybe' {
  const asked = acknowledgementMode(message);
  if (asked.mode === 'original') return 'always';
  const { accept, application } = asked;
  if (accept === 'AL' || application === 'AL') return 'always';
  // What is kept is accepted, and what isn't is answered as the application would.
  if (accept === 'SU' && application === 'ER') return 'always';
  return accept === 'NE' && application === 'NE' ? 'never' : 'maybe';
}

function condition(value: string): AcknowledgementCondition {
  if (value === '') return 'NE';
  return value === 'NE' || value === 'ER' || value === 'SU' ? value : 'AL';
}

function salvage(bytes: Uint8Array): Message | undefined {
  const attempts = [() => readBytes(bytes).message, () => readMessage(headerLine(bytes), '8859/1', 'latin1')];
  for (const attempt of attempts) {
    try {
      return attempt();
    } catch (error) {
      if (!(error instanceof Hl7Error)) throw error;
    }
  }
  return undefined;
}

function headerFields(message: Message | undefined, options: AckOptions): Record<number, string> {
  const header = message?.header;
  const echo = (field: number) => (header ? echoField(header, field) : '');
  return {
    3: echo(5) || 'MOORING',
    4: echo(6),
    5: echo(3),
    6: echo(4),
    7: printTime(options.now()),
    9: messageType(header?.value(9, 1, 2) ?? ''),
    10: printText(options.controlId ?? randomBytes(10).toString('hex')), // 20 characters: the limit before v2.7
    11: echo(11) || 'P',
    12: echo(12) || '2.5.1',
  };
}

function messageType(trigger: string): string {
  return trigger === '' ? 'ACK' : joinComponents('ACK', trigger, 'ACK');
}

function acknowledgement(
  message: Message | undefined,
  code: AcknowledgementCode,
  error: Hl7Error | undefined,
): Record<number, string> {
  return {
    1: code,
    2: message ? echoField(message.header, 10) : '',
    // Before v2.5 ERR says only where and which code; the text stands here.
    3: error ? printText(error.message) : '',
  };
}

/** ERR of v2.5 (§2.15.5); older receivers find place and code in ERR-1 as well, which v2.5 withdrew. */
function errorFields(error: Hl7Error, before25: boolean): Record<number, string> {
  const at = error.location;
  const text = HL7_ERROR_TEXTS[error.code];
  const code = joinComponents(error.code, text, 'HL70357');
  const place: (string | number | undefined)[] = [at?.segment, at?.sequence, at?.field];
  return {
    1: before25
      ? `${[at?.segment, at?.sequence, at?.field].map(printPart).join('^')}^${code.replaceAll('^', '&')}`
      : '',
    2: at ? joinComponents(...place, at.repetition, at.component, at.subcomponent) : '',
    3: code,
    4: 'E',
    8: printText(error.message),
  };
}

function printPart(part: string | number | undefined): string {
  return part === undefined ? '' : printText(String(part));
}

interface AnswerCharset {
  readonly encoding: 'utf8' | 'latin1';
  /** What MSH-18 says; empty where the request was silent and ASCII is enough. */
  readonly declared: string;
}

/** The request's character set where we can write it, else UTF-8, which then is declared. */
function charsetFor(message: Message | undefined, text: string): AnswerCharset {
  const ascii = Buffer.byteLength(text) === text.length;
  const requested = message?.charset ?? '';
  const wasDeclared = message !== undefined && message.header.value(18) !== '';
  if (ascii) {
    const writable = ['ASCII', '8859/1', 'UNICODE UTF-8'].includes(requested);
    return { encoding: 'latin1', declared: wasDeclared && writable ? requested : '' };
  }
  const isLatin1 = [...text].every((character) => character.charCodeAt(0) <= 0xff);
  if (requested === '8859/1' && isLatin1) return { encoding: 'latin1', declared: '8859/1' };
  return { encoding: 'utf8', declared: 'UNICODE UTF-8' };
}

function minorVersion(message: Message): number {
  const minor = /^2\.(\d)/.exec(message.header.value(12))?.[1];
  return minor === undefined ? 5 : Number(minor);
}

function printTime(epochMs: number): string {
  const digits = new Date(epochMs).toISOString().replace(/\D/g, '');
  return `${digits.slice(0, 14)}+0000`;
}
