// SPDX-License-Identifier: Apache-2.0
import type { MllpHandler } from '../mllp.ts';
import type { Receive } from '../receive.ts';

/** The inbox behind an MLLP port: what is answered at once goes back as the answer, an application acknowledgment follows when its time comes. */
export function mllpHandler(receive: Receive): MllpHandler {
  return async (bytes, peer) => {
    const { now, later } = await receive(bytes, { transport: 'mllp', peer: peer.address });
    // A peer that is gone by then sends the message again, and gets it then.
    void later?.then((acknowledgment) => acknowledgment && peer.send(acknowledgment));
    return now ? [now] : undefined;
  };
}
