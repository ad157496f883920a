// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import express, { type ErrorRequestHandler, type RequestHandler, type Response, type Router } from 'express';
import { printJson } from '../fhir/json.ts';
import { FhirError, type Issue, type IssueCode, operationOutcome } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import type { Normalizer } from '../normalize/convert.ts';
import { answerBatch } from './batch-answer.ts';
import { Hl7Error, type Hl7ErrorCode, printLocation } from './hl7/errors.ts';
import { readBody, writeAnswer } from './http-body.ts';
import { askedBy } from './inbox/asked.ts';
import { dryRun } from './inbox/explain.ts';
import { readFor } from './read.ts';
import type { Receive } from './receive.ts';

export interface Hl7RouterOptions {
  readonly receive: Receive;
  readonly normalizer: Normalizer;
  /** Lets in who may send: no route here is open without it. */
  readonly authorize: RequestHandler;
  readonly maxMessageBytes: number;
  readonly now?: () => number;
}

/** `application/hl7-v2` is the registered one; the others are what senders in the field use. */
const CONTENT_TYPES = [
  'application/hl7-v2',
  'application/edi-hl7',
  'x-application/hl7-v2+er7',
  'application/x-hl7-v2+er7',
  'text/plain',
];

const MAX_PROCESSING_MS = 30_000;

/**
 * `POST /hl7v2` takes a message and answers its acknowledgment, or many and answers as many, of which none is held longer than it takes;
 * `POST /hl7v2/$convert` shows what a message would become and keeps nothing.
 */
export function hl7Router(options: Hl7RouterOptions): Router {
  const { maxMessageBytes } = options;
  const router = express.Router();
  const door: RequestHandler[] = [options.authorize, onlyHl7];
  const body: RequestHandler[] = [
    ...door,
    express.raw({ type: () => true, limit: maxMessageBytes, inflate: false }),
    neverEmpty,
  ];
  router.post('/hl7v2', ...door, neverPacked, async (request, response) => {
    const acknowledge = acknowledgeBy(options.receive, request.socket.remoteAddress ?? '');
    const brought = await readBody(request, maxMessageBytes);
    if (brought.kind === 'one') {
      const acknowledgment = await acknowledge(brought.bytes);
      if (!acknowledgment) return void response.status(204).end();
      return void response.status(200).type(CONTENT_TYPES[0]!).send(acknowledgment);
    }
    const now = options.now ?? Date.now;
    for await (const piece of answerBatch(brought.parts, { acknowledge, now })) {
      if (!response.headersSent) response.status(200).type(CONTENT_TYPES[0]!);
      if (!(await writeAnswer(response, piece))) return;
    }
    if (!response.headersSent) response.status(204);
    response.end();
  });
  router.post(['/hl7v2/$convert', '/hl7v2/%24convert'], ...body, (request, response) => {
    const { message } = readFor(options.normalizer, request.body as Buffer);
    const asked = askedBy(request.query['explain'], request.get('prefer'));
    sendFhir(response, 200, dryRun(options.normalizer, message, asked));
  });
  router.use('/hl7v2', onlyPost, answerErrors);
  return router;
}

function acknowledgeBy(receive: Receive, peer: string): (bytes: Buffer) => Promise<Buffer | undefined> {
  return async (bytes) => {
    const answer = await receive(bytes, { transport: 'http', peer });
    // A message gets one answer here: in enhanced mode the application's acknowledgment, when one is wanted, says more.
    return (await soon(answer.later)) ?? answer.now;
  };
}

/** Processing that takes longer goes on; who sends the message again gets the acknowledgment then. */
async function soon(later: Promise<Buffer | undefined> | undefined): Promise<Buffer | undefined> {
  if (!later) return undefined;
  const stop = new AbortController();
  const late = pause(MAX_PROCESSING_MS, undefined, { signal: stop.signal, ref: false }).catch(
    () => undefined,
  );
  try {
    return await Promise.race([later, late]);
  } finally {
    stop.abort();
  }
}

const onlyHl7: RequestHandler = (request, _response, next) => {
  if (request.is(CONTENT_TYPES)) return next();
  next(FhirError.of(415, 'not-supported', `an HL7 v2 message comes as ${CONTENT_TYPES[0]}`));
};

const neverPacked: RequestHandler = (request, _response, next) => {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() === 'identity') return next();
  next(FhirError.of(415, 'not-supported', 'the body must not be compressed'));
};

const neverEmpty: RequestHandler = (request, _response, next) => {
  if (Buffer.isBuffer(request.body) && request.body.length > 0) return next();
  next(FhirError.of(400, 'required', 'the body is empty: it must be one HL7 v2 message'));
};

const onlyPost: RequestHandler = (request, response, next) => {
  if (request.method === 'POST') return next(FhirError.of(404, 'not-found', 'there is no such operation'));
  response.set('allow', 'POST');
  next(FhirError.of(405, 'not-supported', 'only POST is understood here'));
};

const ISSUE_CODES: Partial<Record<Hl7ErrorCode, IssueCode>> = {
  '100': 'structure',
  '101': 'required',
  '102': 'value',
  '103': 'code-invalid',
  '200': 'not-supported',
  '201': 'not-supported',
  '202': 'not-supported',
  '203': 'not-supported',
};

const answerErrors: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) return next(error);
  if (error instanceof Hl7Error) return sendFhir(response, 422, operationOutcome([issueOf(error)]));
  if (error instanceof FhirError) return sendFhir(response, error.status, operationOutcome(error.issues));
  const status = Number((error as { status?: unknown }).status);
  if (status === 413) {
    const issue = { severity: 'error', code: 'too-long', diagnostics: 'the message is too large' } as const;
    return sendFhir(response, 413, operationOutcome([issue]));
  }
  if (status >= 400 && status < 500) {
    const issue = { severity: 'error', code: 'invalid', diagnostics: 'the body could not be read' } as const;
    return sendFhir(response, status, operationOutcome([issue]));
  }
  next(error);
};

function issueOf(error: Hl7Error): Issue {
  const place = error.location ? `${printLocation(error.location)}: ` : '';
  const code = ISSUE_CODES[error.code] ?? 'processing';
  return { severity: 'error', code, diagnostics: `${place}${error.message}` };
}

function sendFhir(response: Response, status: number, resource: Resource): void {
  response.status(status).type('application/fhir+json').send(printJson(resource));
}
