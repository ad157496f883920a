// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../../fhir/outcome.ts';
import { type BundleStep, changeResponse } from '../../ingest/fhir-transaction.ts';
import type { Change, ChangeResult } from '../../store/store.ts';
import { responseBundle } from '../bundle.ts';
import { type Answer, type Call, type Exchange, mustAllow, preference } from '../call.ts';
import { outcomeText } from '../clear.ts';
import { permitWrite } from '../permit-write.ts';
import { commitWrites } from '../writing.ts';
import { ask, type EntryAnswer, type Question } from './question.ts';

type ChangeStep = Extract<BundleStep, { kind: 'change' }>;

/** All changes in one commit, and then the questions, which see what was changed. */
export async function runTransaction(
  call: Call,
  exchange: Exchange,
  steps: readonly BundleStep[],
): Promise<Answer> {
  const changing = steps.filter((step): step is ChangeStep => step.kind === 'change');
  const asking = steps.filter(
    (step): step is Question & { index: number } => step.kind === 'read' || step.kind === 'search',
  );
  for (const step of asking) locate(step, () => mustAllow(call, step.type, step.kind === 'read' ? 'r' : 's'));
  const changes: Change[] = [];
  for (const step of changing) changes.push(await permitStep(call, exchange, step));
  const { results } =
    changes.length > 0 ? await commitWrites(call, exchange, 'transaction', changes) : { results: [] };
  const entries: EntryAnswer[] = new Array(steps.length);
  for (const [position, step] of changing.entries())
    entries[step.index] = await told(call, exchange, results[position]!);
  for (const step of asking) entries[step.index] = await ask(call, exchange, step).catch(refusedEntry);
  return { status: 200, body: responseBundle('transaction-response', entries) };
}

async function permitStep(call: Call, exchange: Exchange, { index, change }: ChangeStep): Promise<Change> {
  const type = change.op === 'delete' ? change.type : change.resource.resourceType;
  if (type === 'Consent') {
    // The ledger could not take its agreement back if another entry failed.
    throw FhirError.of(
      422,
      'business-rule',
      'a Consent is sent by itself, or in a batch',
      `Bundle.entry[${index}]`,
    );
  }
  return permitWrite(call, exchange, change).catch((error) => {
    throw at(index, error);
  });
}

async function told(call: Call, exchange: Exchange, result: ChangeResult): Promise<EntryAnswer> {
  const response = changeResponse(result);
  if (preference(call, 'return') !== 'representation' || result.outcome === 'deleted') return { response };
  const disclosed = await exchange.disclosure.written(call, 'transaction', result);
  return disclosed ? { response, resource: disclosed.text } : { response };
}

/** What became of an entry that failed by itself. What isn't the client's to know is thrown on. */
export function refusedEntry(error: unknown): EntryAnswer {
  if (!(error instanceof FhirError) || error.status >= 500) throw error;
  return { response: { status: String(error.status) }, outcome: outcomeText(error.issues) };
}

function locate(step: BundleStep, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw at(step.index, error);
  }
}

/** The same refusal, saying which entry it is about. */
function at(index: number, error: unknown): unknown {
  if (!(error instanceof FhirError)) return error;
  const issues = error.issues.map((issue) => ({
    ...issue,
    expression: issue.expression ?? `Bundle.entry[${index}]`,
  }));
  return new FhirError(error.status, issues, { cause: error });
}
