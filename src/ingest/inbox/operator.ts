// SPDX-License-Identifier: Apache-2.0
import express, { type RequestHandler, type Router } from 'express';
import { FhirError, type IssueCode } from '../../fhir/outcome.ts';
import { readBytes } from '../hl7/charset.ts';
import type { DeadLetters } from './dead-letters.ts';
import { InboxError, type InboxErrorCode } from './errors.ts';
import type { Letter, readReport, summarize } from './letters.ts';
import type { CountedCode } from './unknown-codes.ts';

export interface OperatorInbox {
  readonly deadLetters: DeadLetters;
  summary(): ReturnType<typeof summarize>;
  report(id: string): ReturnType<typeof readReport>;
  unknownCodes(): Promise<CountedCode[]>;
}

const ANSWERS: Record<InboxErrorCode, readonly [status: number, code: IssueCode]> = {
  UNAVAILABLE: [503, 'transient'],
  BUSY: [503, 'throttled'],
  CLOSED: [503, 'transient'],
  CONTENT_DAMAGED: [500, 'exception'],
  NOT_FOUND: [404, 'not-found'],
  NOT_DEAD: [409, 'conflict'],
  ALREADY_REPLAYED: [409, 'conflict'],
  REPLAY_REFUSED: [422, 'processing'],
};

/** The operator's view of the inbox, to be mounted where only the operator gets in. */
export function operatorInboxRoutes(inbox: OperatorInbox): Router {
  const { deadLetters } = inbox;
  const router = express.Router();
  router.get('/inbox', async (_request, response) => {
    response.json(await inbox.summary());
  });
  router.get(
    '/unmapped-codes',
    answering(async (_request, response) => {
      response.json({ codes: await inbox.unknownCodes() });
    }),
  );
  router.get(
    '/inbox/:id/report',
    answering(async (request, response) => {
      const report = await inbox.report(String(request.params['id']));
      if (report === undefined) throw FhirError.of(404, 'not-found', 'there is no report on such a message');
      response.type('application/fhir+json').send(report);
    }),
  );
  router.get(
    '/dead-letters',
    answering(async (request, response) => {
      const { after, limit, replayed } = request.query;
      const letters = await deadLetters.list({
        after: whole(after, '0'),
        limit: Number(whole(limit, '100')),
        replayed: replayed === 'true',
      });
      response.json({ deadLetters: letters });
    }),
  );
  router.get(
    '/dead-letters/:id',
    answering(async (request, response) => {
      response.json(shown(await deadLetters.show(String(request.params['id']))));
    }),
  );
  router.post(
    '/dead-letters/:id/replay',
    answering(async (request, response) => {
      response.json(await deadLetters.replay(String(request.params['id']), correctedOf(request.body)));
    }),
  );
  return router;
}

/** As text for people, and as the bytes that it was. */
function shown({ letter, message }: { letter: Letter; message: Buffer }): Record<string, unknown> {
  return {
    ...letter,
    message: textOf(message) ?? message.toString('latin1'),
    base64: message.toString('base64'),
  };
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return readBytes(bytes).text;
  } catch {
    return undefined; // a dead letter may be dead because its characters can't be read
  }
}

/** A corrected message comes as text or, where its characters are not UTF-8, as the bytes. */
function correctedOf(body: unknown): Uint8Array | undefined {
  const { message, base64 } = (body ?? {}) as { message?: unknown; base64?: unknown };
  if (typeof base64 === 'string') return Buffer.from(base64, 'base64');
  if (message === undefined) return undefined;
  if (typeof message !== 'string') throw FhirError.of(400, 'invalid', '"message" must be a text');
  const bytes = Buffer.from(message, 'utf8');
  const read = textOf(bytes);
  if (read !== undefined && read !== message) {
    throw FhirError.of(400, 'invalid', 'MSH-18 is not UTF-8: send the bytes of the message as "base64"');
  }
  return bytes;
}

export function whole(value: unknown, otherwise: string): string {
  if (value === undefined) return otherwise;
  if (typeof value === 'string' && /^\d{1,18}$/.test(value)) return value;
  throw FhirError.of(400, 'value', '"after" and "limit" must be whole numbers');
}

/** A handler whose InboxErrors become answers. */
export function answering(handle: RequestHandler): RequestHandler {
  return async (request, response, next) => {
    try {
      await handle(request, response, next);
    } catch (error) {
      if (!(error instanceof InboxError)) throw error;
      const [status, code] = ANSWERS[error.code];
      throw FhirError.of(status, code, error.message);
    }
  };
}
