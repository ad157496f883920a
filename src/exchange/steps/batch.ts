// SPDX-License-Identifier: Apache-2.0
import { type BundleStep, changeResponse } from '../../ingest/fhir-transaction.ts';
import { responseBundle } from '../bundle.ts';
import { type Answer, type Call, type Exchange, preference } from '../call.ts';
import { mustBeValid, writeOne } from '../writing.ts';
import { ask, type EntryAnswer } from './question.ts';
import { refusedEntry } from './transaction.ts';

/** So many entries at a time: enough to share commits, too few to keep everybody else waiting. */
const AT_ONCE = 8;

/** Each entry by itself, as if it had been sent alone (FHIR R4 §3.1.0.11.1). */
export async function runBatch(
  call: Call,
  exchange: Exchange,
  steps: readonly BundleStep[],
): Promise<Answer> {
  const entries: EntryAnswer[] = new Array(steps.length);
  for (let from = 0; from < steps.length; from += AT_ONCE) {
    const now = steps.slice(from, from + AT_ONCE);
    const answers = await Promise.all(now.map((step) => take(call, exchange, step).catch(refusedEntry)));
    for (const [position, step] of now.entries()) entries[step.index] = answers[position]!;
  }
  return { status: 200, body: responseBundle('batch-response', entries) };
}

async function take(call: Call, exchange: Exchange, step: BundleStep): Promise<EntryAnswer> {
  switch (step.kind) {
    case 'refused':
      throw step.error;
    case 'read':
    case 'search':
      return ask(call, exchange, step);
    case 'change': {
      if (step.change.op !== 'delete') mustBeValid(step.change.resource);
      const result = await writeOne(call, exchange, step.change);
      const response = changeResponse(result);
      if (preference(call, 'return') !== 'representation' || result.outcome === 'deleted')
        return { response };
      const disclosed = await exchange.disclosure.written(call, 'batch', result);
      return disclosed ? { response, resource: disclosed.text } : { response };
    }
    default:
      return step satisfies never;
  }
}
