// SPDX-License-Identifier: Apache-2.0
import { answerBatch } from '../batch-answer.ts';
import { isSeveral, splitParts } from '../hl7/batch.ts';
import type { MllpHandler, MllpPeer } from '../mllp.ts';
import type { Receive } from '../receive.ts';

/**
 * The inbox behind an MLLP port: what is answered at once goes back as the answer, an application acknowledgment follows when its time
 * comes. A batch in one frame is answered with a batch in one frame, several messages without batch segments with a frame for each.
 */
export function mllpHandler(receive: Receive): MllpHandler {
  return async (bytes, peer) => {
    const acknowledge = acknowledgeBy(receive, peer);
    const parts = splitParts(bytes);
    if (isSeveral(parts)) {
      const pieces: Buffer[] = [];
      for await (const piece of answerBatch(parts, { acknowledge, now: Date.now })) pieces.push(piece);
      return parts[0]?.kind === 'message' ? pieces : [Buffer.concat(pieces)];
    }
    const now = await acknowledge(bytes);
    return now ? [now] : undefined;
  };
}

function acknowledgeBy(receive: Receive, peer: MllpPeer): (bytes: Buffer) => Promise<Buffer | undefined> {
  return async (bytes) => {
    const { now, later } = await receive(bytes, { transport: 'mllp', peer: peer.address });
    // A peer that is gone by then sends the message again, and gets it then.
    void later?.then((acknowledgment) => acknowledgment && peer.send(acknowledgment));
    return now;
  };
}
