// SPDX-License-Identifier: Apache-2.0
import { sql } from '../../store/sql/database.ts';

export type Status = 'received' | 'processed' | 'dead';

/** What every list of the inbox says of a message. */
export interface Envelope {
  readonly id: string;
  readonly arrival: string;
  readonly receivedAt: string;
  readonly transport: string;
  readonly sizeBytes: number;
  readonly status: Status;
}

export interface EnvelopeRow {
  id: string;
  arrival: string;
  received_at: Date | string;
  transport: string;
  size_bytes: number;
  status: Status;
}

/** The columns of an EnvelopeRow. */
export const ENVELOPE = sql`id, arrival::text as arrival, received_at, transport, size_bytes, status`;

export function envelopeOf({
  id,
  arrival,
  received_at,
  transport,
  size_bytes,
  status,
}: EnvelopeRow): Envelope {
  return { id, arrival, receivedAt: instant(received_at), transport, sizeBytes: size_bytes, status };
}

export const instant = (time: Date | string): string => new Date(time).toISOString();
