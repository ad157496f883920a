// SPDX-License-Identifier: Apache-2.0
import { type Logger, pino } from 'pino';

export type { Logger };

/** Ids, sizes and codes only: no resource, segment, token or key is ever passed to a log line. */
export function openLogger(level: string, destination?: pino.DestinationStream): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return destination ? pino(options, destination) : pino(options);
}
