// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../fhir/outcome.ts';
import { conditionalReferences } from '../fhir/references.ts';
import type { Resource } from '../fhir/resource.ts';
import { patientsOf } from '../fhir/search/compartment.ts';
import type { Change, Stored } from '../store/store.ts';
import { recordOfRefusal } from './account.ts';
import { type Call, type Exchange, isOwn, mustAllow, notFound, requesterOf } from './call.ts';
import { unanswerable } from './disclose.ts';

/**
 * May this client make this change? Its organization's own clients may, within their scopes. Others need the patient's consent to correct
 * the record, as it is and as it would be; for them every condition on records they might not see is refused, met or not. Returns the
 * change to commit, which holds only if the record is still the one that was decided about.
 */
export async function permitWrite(call: Call, exchange: Exchange, change: Change): Promise<Change> {
  const type = change.op === 'delete' ? change.type : change.resource.resourceType;
  for (const permission of permissionsOf(change)) mustAllow(call, type, permission);
  if (type === 'AuditEvent')
    throw FhirError.of(403, 'forbidden', 'AuditEvents are written by the bridge alone');
  if (type === 'Consent') return permitConsentWrite(call, exchange, change);
  if (isOwn(call, exchange)) return change;
  return permitForeignWrite(call, exchange, change);
}

function permissionsOf(change: Change): ('c' | 'u' | 'd')[] {
  if (change.op === 'delete') return ['d'];
  if (change.op === 'create') return ['c'];
  // A conditional update, or one of an id that isn't there yet, may create: both letters are needed only for the former, known beforehand.
  return change.op === 'update' && change.where ? ['c', 'u'] : ['u'];
}

/** A patient's consent about these records is taken by whoever keeps them. */
function permitConsentWrite(call: Call, exchange: Exchange, change: Change): Change {
  if (!isOwn(call, exchange))
    throw forbidden('Consents are taken from clients of the organization that keeps the records');
  if (change.op === 'delete')
    throw FhirError.of(
      405,
      'not-supported',
      'a Consent is ended by an update to status "inactive", so that it can be proved',
    );
  if (change.op === 'create' && change.ifNoneExist) throw noCondition();
  if (change.op === 'update' && change.where) throw noCondition();
  return change;
}

function noCondition(): FhirError {
  return FhirError.of(
    422,
    'not-supported',
    'a Consent is created or updated by its id, without a condition',
    'Consent.id',
  );
}

/** More patients than this are not looked up for the record of a refusal. */
const MAX_PATIENTS = 10;

async function permitForeignWrite(call: Call, exchange: Exchange, change: Change): Promise<Change> {
  if (change.op === 'merge') throw forbidden('this change is for the organization that keeps the records');
  if ((change.op === 'create' && change.ifNoneExist) || (change.op === 'update' && change.where)) {
    throw forbidden('conditional changes are for the organization that keeps the records');
  }
  if (change.op !== 'delete' && conditionalReferences(change.resource).length > 0) {
    throw forbidden('conditional references are for the organization that keeps the records');
  }
  if (change.op === 'create') {
    await mustPermit(call, exchange, change, [change.resource], undefined);
    return change;
  }
  const [type, id] =
    change.op === 'delete'
      ? [change.type, change.id]
      : [change.resource.resourceType, change.resource.id ?? ''];
  const current = await exchange.store.read(type, id);
  if (!current || current.deleted) {
    // As much work as for a record that is there and may not be written.
    await recordRefusal(call, exchange, change, [], undefined);
    throw notFound();
  }
  const concerned = change.op === 'delete' ? [current.resource] : [current.resource, change.resource];
  await mustPermit(call, exchange, change, concerned, current);
  if (change.ifMatch !== undefined) return change;
  return { ...change, ifMatch: current.version };
}

async function mustPermit(
  call: Call,
  exchange: Exchange,
  change: Change,
  concerned: readonly Resource[],
  current: Stored | undefined,
): Promise<void> {
  // What is nobody's (an Organization, a Location) is everyone's to read, and its keeper's to write.
  const somebodys = concerned.every((resource) => patientsOf(resource).length > 0);
  const decisions = somebodys
    ? await exchange.consent.decide(requesterOf(call, 'correct'), concerned).catch(unanswerable)
    : [];
  const masked = decisions.some(
    (decision) => decision.effect === 'permit' && decision.obligations.length > 0,
  );
  const permitted =
    decisions.length === concerned.length && decisions.every(({ effect }) => effect === 'permit');
  // Whoever sees a masked copy would write the mask over what it hides.
  if (permitted && !masked) return;
  await recordRefusal(call, exchange, change, concerned, current);
  throw current ? notFound() : forbidden('there is no consent by which this client may write that');
}

async function recordRefusal(
  call: Call,
  exchange: Exchange,
  change: Change,
  concerned: readonly Resource[],
  current: Stored | undefined,
): Promise<void> {
  const interaction = change.op === 'merge' ? 'update' : change.op;
  const type = change.op === 'delete' ? change.type : change.resource.resourceType;
  const refused = { entity: current ? `${type}/${current.id}` : type, reason: 'NO_CONSENT_TO_CORRECT' };
  const named = current ? patientsOf(current.resource) : concerned.flatMap(patientsOf);
  const patients: string[] = [];
  for (const patient of new Set(named.slice(0, MAX_PATIENTS))) {
    // An event in the sequence of a patient whom the caller has made up would give them a key and a record.
    if (await exchange.store.read('Patient', patient)) patients.push(patient);
  }
  const drafts = patients.map((patient) =>
    recordOfRefusal(call, interaction, { ...refused, patient }, exchange.now()),
  );
  if (drafts.length === 0) drafts.push(recordOfRefusal(call, interaction, refused, exchange.now()));
  await exchange.store.commit({ changes: [], audit: () => drafts });
}

function forbidden(why: string): FhirError {
  return FhirError.of(403, 'forbidden', why);
}
