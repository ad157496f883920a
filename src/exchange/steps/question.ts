// SPDX-License-Identifier: Apache-2.0
import type { BundleStep } from '../../ingest/fhir-transaction.ts';
import type { Answer, Call, Exchange } from '../call.ts';
import type { Clear } from '../clear.ts';
import { handle as read } from '../interactions/read.ts';
import { handle as search } from '../interactions/search-type.ts';
import { handle as vread } from '../interactions/vread.ts';

export type Question = Extract<BundleStep, { kind: 'read' | 'search' }>;

/** One entry of the answer, still without its place in it. */
export interface EntryAnswer {
  readonly response: Readonly<Record<string, string>>;
  readonly resource?: Clear;
  readonly outcome?: Clear;
}

/** A GET of a Bundle is the interaction that it stands for, consent and AuditEvents included. */
export async function ask(call: Call, exchange: Exchange, step: Question): Promise<EntryAnswer> {
  const { prefer } = call.headers;
  const common = { grant: call.grant, method: 'GET', type: step.type, headers: { prefer }, body: undefined };
  if (step.kind === 'search') {
    return entryOf(await search({ ...common, id: '', version: '', params: step.params }, exchange));
  }
  const asked: Call = { ...common, id: step.id, version: String(step.version ?? ''), params: [] };
  return entryOf(await (step.version === undefined ? read : vread)(asked, exchange));
}

function entryOf({ status, etag, lastModified, body }: Answer): EntryAnswer {
  const response = {
    status: String(status),
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
  };
  return body === undefined ? { response } : { response, resource: body };
}
