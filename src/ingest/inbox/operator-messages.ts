// SPDX-License-Identifier: Apache-2.0
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { printJson } from '../../fhir/json.ts';
import { FhirError } from '../../fhir/outcome.ts';
import type { Normalizer } from '../../normalize/convert.ts';
import { Hl7Error, printLocation } from '../hl7/errors.ts';
import { readMessage } from '../hl7/message.ts';
import { readFor } from '../read.ts';
import { askedBy } from './asked.ts';
import { dryRun, explained } from './explain.ts';
import type { KeptMessages } from './messages.ts';
import { answering, whole } from './operator.ts';
import { spansOf } from './spans.ts';

export interface OperatorMessages {
  readonly messages: KeptMessages;
  readonly normalizer: Normalizer;
  readonly maxMessageBytes: number;
}

/** Messages and what becomes of them, for the operator and the page that explains; to be mounted where only the operator gets in. */
export function operatorMessageRoutes({ messages, normalizer, maxMessageBytes }: OperatorMessages): Router {
  const router = express.Router();
  const body = [express.raw({ type: () => true, limit: maxMessageBytes, inflate: false }), neverEmpty];
  router.get(
    '/inbox/messages',
    answering(async (request, response) => {
      const { after, limit } = request.query;
      const listed = await messages.list({
        limit: Number(whole(limit, '20')),
        ...(after === undefined ? {} : { after: whole(after, '') }),
      });
      response.json({ messages: listed });
    }),
  );
  router.get(
    '/inbox/:id/explained',
    answering(async (request, response) => {
      const bytes = await messages.open(String(request.params['id']));
      show(response, () => readFor(normalizer, bytes), normalizer);
    }),
  );
  router.post('/explained', ...body, (request, response) => {
    show(response, () => read(request, normalizer), normalizer);
  });
  router.post('/convert', ...body, (request, response) => {
    const asked = askedBy(request.query['explain'], request.get('prefer'));
    const resource = refusing(() => dryRun(normalizer, read(request, normalizer).message, asked));
    response.type('application/fhir+json').send(printJson(resource));
  });
  return router;
}

type Read = Pick<ReturnType<typeof readFor>, 'text' | 'message'>;

/** A message that says that it comes as text, as one that was typed or pasted does, has its characters already, whatever MSH-18 names. */
function read(request: Request, normalizer: Normalizer): Read {
  const bytes = request.body as Buffer;
  if (!/;\s*charset="?utf-8"?/i.test(request.get('content-type') ?? '')) return readFor(normalizer, bytes);
  const text = bytes.toString('utf8');
  return { text, message: readMessage(text) };
}

/** The message, and its conversion or why there is none: also of a message that can't be converted there is something to see. */
function show(response: Response, readIt: () => Read, normalizer: Normalizer): void {
  const answer: Record<string, unknown> = {};
  try {
    const { text, message } = readIt();
    answer['message'] = spansOf(text, message);
    answer['explained'] = explained(normalizer.convert(message, { explain: true }));
  } catch (error) {
    if (!(error instanceof Hl7Error)) throw error;
    answer['problem'] = problemOf(error);
  }
  response.type('application/json').send(printJson(answer));
}

function problemOf({ code, message, location }: Hl7Error) {
  return { code, text: message, ...(location ? { place: printLocation(location) } : {}) };
}

function refusing<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof Hl7Error)) throw error;
    const { code, text, place } = problemOf(error);
    throw FhirError.of(422, 'processing', `error ${code}${place ? ` at ${place}` : ''}: ${text}`);
  }
}

const neverEmpty: RequestHandler = (request, _response, next) => {
  if (Buffer.isBuffer(request.body) && request.body.length > 0) return next();
  next(FhirError.of(400, 'required', 'the body is empty, or JSON: it must be one HL7 v2 message'));
};
