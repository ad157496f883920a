// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { Conversion, Normalizer } from '../normalize/convert.ts';
import type { Logger } from '../operate/log.ts';
import { type AcknowledgementCode, acknowledgementMode, buildAck } from './ack.ts';
import { Hl7Error } from './hl7/errors.ts';
import { planAnswers } from './inbox/answers.ts';
import type { Arrival, Arrivals } from './inbox/arrivals.ts';
import type { Endings } from './inbox/endings.ts';
import { codeOf, failureOf } from './inbox/failures.ts';
import type { TestMessages } from './inbox/header.ts';
import { type Inspection, inspect, keptOf } from './inbox/inspect.ts';
import type { Answer, Replies } from './inbox/replies.ts';
import type { Tokens } from './inbox/tokens.ts';

export type { Answer } from './inbox/replies.ts';

/** How a message came. `peer` is a network address, for the log. */
export interface Via {
  readonly transport: 'mllp' | 'http';
  readonly peer: string;
}

export type Receive = (bytes: Uint8Array, via: Via) => Promise<Answer>;

/** What came of a message, for counting. */
export type Outcome = 'kept' | 'dead' | 'again' | 'refused' | 'unavailable';

export interface ReceiverOptions {
  readonly normalizer: Normalizer;
  /** `apart` by default. */
  readonly testMessages?: TestMessages | undefined;
  readonly tokens: Tokens;
  readonly arrivals: Arrivals;
  readonly endings: Endings;
  readonly replies: Replies;
  readonly now: () => number;
  readonly logger: Logger;
  /** Is offered the conversion of a message on its way into the table, and told when it didn't get there. */
  readonly desk: { keep(id: string, conversion: Conversion): void; drop(id: string): void };
  readonly onAnswer: (outcome: Outcome, code: AcknowledgementCode | undefined) => void;
}

type Kept = Exclude<Inspection, { fate: 'refused' }>;

/**
 * From bytes to an answer, for every transport. What is acknowledged with AA, AE or CA is durable first; what is refused, or can't be
 * made durable, stays with the sender. Up to the queue it runs without a pause, so that the messages of one connection keep their order.
 */
export function openReceiver(options: ReceiverOptions): Receive {
  const { replies, logger } = options;
  return async (bytes, via) => {
    const inspection = inspect(bytes, options.normalizer, options.testMessages);
    if (inspection.fate === 'refused') {
      return refuse(inspection.message ?? bytes, inspection.error, via);
    }
    const arrival = arrivalOf(options, inspection, bytes, via);
    const ended = arrival.application ? options.endings.wait(arrival.id) : undefined;
    if (inspection.fate === 'accepted') options.desk.keep(arrival.id, inspection.conversion);
    try {
      const landing = await options.arrivals.add(arrival);
      if (landing.kind === 'new') return accept(arrival, inspection, ended);
      options.desk.drop(arrival.id);
      options.endings.ended(arrival.id);
      if (landing.kind === 'taken') return refuse(inspection.message, TAKEN, via);
      const answer = await replies.again(landing.id);
      options.onAnswer('again', answer.code);
      return answer;
    } catch (error) {
      options.desk.drop(arrival.id);
      options.endings.ended(arrival.id);
      logger.error({ inbox: arrival.id, peer: via.peer, code: codeOf(error) }, 'message not kept');
      const answer = replies.refuse(inspection.message, 'unavailable', UNAVAILABLE);
      options.onAnswer('unavailable', answer.code);
      return answer;
    }
  };

  function accept(arrival: Arrival, { fate }: Kept, ended: Promise<void> | undefined): Answer {
    const code = arrival.answer ? (arrival.answerCode as AcknowledgementCode) : undefined;
    options.onAnswer(fate === 'failed' ? 'dead' : 'kept', code);
    if (fate === 'failed') {
      options.endings.ended(arrival.id);
      logger.warn({ inbox: arrival.id, ...arrival.failure }, 'message is a dead letter');
    }
    return {
      ...(arrival.answer && code ? { now: Buffer.from(arrival.answer), code } : {}),
      ...(ended ? { later: ended.then(() => replies.application(arrival.id)) } : {}),
    };
  }

  function refuse(message: Kept['message'] | Uint8Array, error: Hl7Error, via: Via): Answer {
    const answer = replies.refuse(message, 'refused', error);
    options.onAnswer('refused', answer.code);
    logger.info({ peer: via.peer, ack: answer.code, ...failureOf(error) }, 'message refused');
    return answer;
  }
}

function arrivalOf(
  options: Pick<ReceiverOptions, 'tokens' | 'now'>,
  inspection: Kept,
  bytes: Uint8Array,
  via: Via,
): Arrival {
  const { message, fate } = inspection;
  const plan = planAnswers(acknowledgementMode(message), fate);
  const errors = fate === 'failed' ? [inspection.error] : [];
  const receivedAt = options.now();
  return {
    id: randomUUID(),
    bytes,
    receivedAt,
    transport: via.transport,
    sender: options.tokens.sender(message),
    controlId: options.tokens.controlId(message),
    digest: options.tokens.digest(bytes),
    lanes: fate === 'accepted' ? options.tokens.lanes(message, inspection.conversion) : [],
    ...(fate === 'accepted' ? keptOf(inspection.conversion) : { unmapped: [] }),
    answerCode: plan.now ?? '',
    ...(plan.now ? { answer: buildAck(message, plan.now, { now: options.now, errors }) } : {}),
    ...(plan.later === 'NE' ? {} : { application: plan.later }),
    ...(fate === 'failed' ? { failure: failureOf(inspection.error) } : {}),
  };
}

const TAKEN = new Hl7Error('205', 'another message of this sender has this control id', {
  segment: 'MSH',
  sequence: 1,
  field: 10,
});
const UNAVAILABLE = new Hl7Error('207', 'the message could not be kept; please send it again');
