// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import type { Conversion } from '../../normalize/convert.ts';
import type { Keyring } from '../../store/keys/keyring.ts';
import { decode, latin1 } from '../hl7/decode.ts';
import { linesOf } from '../hl7/lines.ts';
import type { Message } from '../hl7/message.ts';
import { wideForm } from '../hl7/wide.ts';

/** What the inbox recognizes messages by, without keeping anything that could be read or guessed. */
export interface Tokens {
  /** MSH-3 and MSH-4: who sent it. */
  sender(message: Message): Buffer;
  /** MSH-10. */
  controlId(message: Message): Buffer;
  /** Keyed: contents are guessable, so that a plain hash would confirm a guess. The same for the same segments, whatever stands between them. */
  digest(bytes: Uint8Array): Buffer;
  /** One for each identifier of each patient it speaks of; the sender's own when it speaks of none. */
  lanes(message: Message, conversion: Conversion): bigint[];
}

export async function openTokens(keyring: Keyring): Promise<Tokens> {
  // A key of our own, so that no token of the inbox equals one of the store's index.
  const key = createHmac('sha256', await keyring.secret('blind-index'))
    .update('mooring inbox v1')
    .digest();
  const token = (kind: string, ...parts: readonly string[]): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([kind, ...parts]))
      .digest();
  const sender = (message: Message): Buffer => token('sender', message.header.raw(3), message.header.raw(4));
  return {
    sender,
    controlId: (message) => token('control', message.header.value(10)),
    digest: (bytes) => createHmac('sha256', key).update('digest\0').update(segmentsOf(bytes)).digest(),
    lanes(message, conversion) {
      const names = patientNames(conversion);
      const tokens = names.map((name) => token('lane', name));
      if (tokens.length === 0) tokens.push(sender(message));
      return [...new Set(tokens.map((each) => each.readBigInt64BE()))];
    },
  };
}

/**
 * Some senders, asked to send again, end segments otherwise, put blank lines between them, leave out the last end or a byte order mark:
 * that is the same message (HL7 v2 §2.6). Segments end at single bytes in every set but UTF-16 and UTF-32.
 */
function segmentsOf(bytes: Uint8Array): Buffer {
  const wide = wideForm(bytes);
  const text = wide && decode(bytes.subarray(wide.markBytes), wide.encoding);
  if (text !== undefined) return Buffer.from(linesOf(text).join('\r'));
  return Buffer.from(linesOf(latin1(bytes).replace(/^\xef\xbb\xbf/, '')).join('\r'), 'latin1');
}

/** Everything by which a conversion knows the patients it speaks of: the very tokens by which the store will find them. */
function patientNames(conversion: Conversion): string[] {
  const patients = conversion.entries.filter((entry) => entry.resource.resourceType === 'Patient');
  const merged = (conversion.merges ?? []).flatMap(({ survivor, prior }) => [survivor, prior]);
  return [
    ...patients.flatMap(({ knownBy, resource, fullUrl }) =>
      knownBy.length > 0 ? knownBy : [`Patient/${resource.id ?? fullUrl}`],
    ),
    ...merged.flatMap((side) => side.knownBy),
  ];
}
