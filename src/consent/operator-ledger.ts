// SPDX-License-Identifier: Apache-2.0
import express, { type Response, type Router } from 'express';
import { codeOf } from '../ledger/code-of.ts';
import type { OpenConsentRules } from './rules.ts';

/** One channel whose projection the operator can look at and rebuild. */
export interface OperatedChannel {
  readonly channel: string;
  readonly rules: Pick<OpenConsentRules, 'status' | 'rebuild'>;
  /** Code of what keeps the log from being anchored there; `undefined`: nothing does. */
  readonly anchoringProblem: () => string | undefined;
  /** Takes the ledger that the channel has now for the one that is meant, and forgets the one before. Throws LedgerError. */
  adopt(): Promise<void>;
}

/** One line of the answer to `POST /operator/ledger/rebuild {channel?, otherLedger?}`. */
export type RebuildLine =
  | { readonly channel: string; readonly position: string; readonly height: string }
  | { readonly channel: string; readonly done: true }
  | { readonly channel: string; readonly failed: string };

/** One line of the answer to `GET /operator/ledger`. What isn't known is left out. */
export interface ChannelLine {
  readonly channel: string;
  readonly position: string;
  readonly height?: string;
  readonly ageMs?: number;
  /** Codes of what keeps the bridge from using the ledger, and from anchoring on it. */
  readonly problem?: string;
  readonly anchoringProblem?: string;
}

const LINES_EVERY_MS = 250;

/** How far each channel's projection is, and building it anew, with its progress as one line of JSON after the other. */
export function operatorLedgerRoutes(channels: readonly OperatedChannel[]): Router {
  const router = express.Router();
  router.get('/ledger', async (_request, response) => {
    response.json(await Promise.all(channels.map(lineOf)));
  });
  router.post('/ledger/rebuild', async (request, response) => {
    const { channel: name, otherLedger } = (request.body ?? {}) as Record<string, unknown>;
    const asked = channels.filter(({ channel }) => name === undefined || channel === name);
    if (asked.length === 0) {
      response.status(404).json({ error: 'the bridge is on no such channel' });
      return;
    }
    response.type('application/x-ndjson');
    for (const each of asked) await rebuild(each, otherLedger === true, response);
    response.end();
  });
  return router;
}

async function lineOf({ channel, rules, anchoringProblem }: OperatedChannel): Promise<ChannelLine> {
  const { position, height, ageMs, problem } = await rules.status();
  const anchoring = anchoringProblem();
  return {
    ...{ channel, position: String(position) },
    ...(height === undefined ? {} : { height: String(height) }),
    ...(Number.isFinite(ageMs) ? { ageMs } : {}),
    ...(problem === undefined ? {} : { problem }),
    ...(anchoring === undefined ? {} : { anchoringProblem: anchoring }),
  };
}

async function rebuild(
  { channel, rules, adopt }: OperatedChannel,
  otherLedger: boolean,
  response: Response,
): Promise<void> {
  const write = (line: RebuildLine) => response.write(`${JSON.stringify(line)}\n`);
  let writtenAt = Number.NEGATIVE_INFINITY;
  try {
    if (otherLedger) await adopt();
    await rules.rebuild(0n, (position, height) => {
      if (performance.now() - writtenAt < LINES_EVERY_MS && position < height) return;
      writtenAt = performance.now();
      write({ channel, position: String(position), height: String(height) });
    });
    write({ channel, done: true });
  } catch (error) {
    // The status line is out already, so the last line says it.
    write({ channel, failed: codeOf(error) ?? 'ERROR' });
  }
}
