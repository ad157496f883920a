// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../../fhir/outcome.ts';
import { MOORING_BASE } from '../../fhir/resource.ts';
import type { Stored } from '../../store/store.ts';
import { type Answer, type Call, type Exchange, isId, isOwn, mustAllow, notFound } from '../call.ts';
import { type Clear, ownJson, ownWords } from '../clear.ts';
import type { Definition } from '../interaction.ts';
import { versionOf } from '../interactions/vread.ts';
import { isDamage } from '../record.ts';

export const definition: Definition = {
  operation: 'verify',
  url: `${MOORING_BASE}/OperationDefinition/verify`,
  routes: [
    { method: 'get', path: '/:type/:id/$verify' },
    { method: 'post', path: '/:type/:id/$verify' },
    { method: 'get', path: '/:type/:id/_history/:version/$verify' },
    { method: 'post', path: '/:type/:id/_history/:version/$verify' },
  ],
};

/** Whether a version, its commitment, its leaf, the checkpoint and the ledger agree; `receipt=true`: the file that proves it elsewhere. */
export async function handle(call: Call, exchange: Exchange): Promise<Answer> {
  mustAllow(call, call.type, 'r');
  const version = call.version === '' ? undefined : versionOf(call);
  if (!isId(call.id) || (call.version !== '' && version === undefined)) throw notFound();
  const wantsReceipt = call.params.some(([name, value]) => name === 'receipt' && value === 'true');
  await mustBeVisible(call, exchange, version, wantsReceipt);
  return wantsReceipt ? receipt(call, exchange, version) : report(call, exchange, version);
}

/** Only to whom the record itself may be shown: that something can be verified says that it exists. */
async function mustBeVisible(
  call: Call,
  exchange: Exchange,
  version: number | undefined,
  whole: boolean,
): Promise<void> {
  const asked = `${call.type}/${call.id}${version === undefined ? '' : `/_history/${version}`}`;
  let found: Stored | undefined;
  try {
    found = await exchange.store.read(call.type, call.id, version);
  } catch (error) {
    // What can't be opened can't be decided about, but its keeper must be able to find out what is wrong with it.
    if (!isDamage(error)) throw error;
    await exchange.disclosure.one(call, '$verify', asked, undefined);
    if (!isOwn(call, exchange)) throw notFound();
    return;
  }
  const disclosed = await exchange.disclosure.one(call, '$verify', asked, found);
  if (!disclosed) throw notFound();
  if (whole && disclosed.text !== found?.canonical) {
    throw FhirError.of(
      403,
      'forbidden',
      'this client sees a masked copy, and a receipt holds the whole record',
    );
  }
}

async function report(call: Call, exchange: Exchange, version: number | undefined): Promise<Answer> {
  const parameters = await exchange.proofs.verify(call.type, call.id, version);
  if (!parameters) throw notFound();
  return { status: 200, body: ownWords(parameters) };
}

// The receipt holds the very text that `disclose` has just let through.
async function receipt(call: Call, exchange: Exchange, version: number | undefined): Promise<Answer> {
  const found = await exchange.proofs.receipt(call.grant.participant, call.type, call.id, version);
  if (found === undefined) throw notFound();
  const body = (typeof found === 'string' ? found : ownJson(found)) as string as Clear;
  return { status: 200, body, contentType: 'application/json; charset=utf-8' };
}
