// SPDX-License-Identifier: Apache-2.0
import type { JsonWebKey } from 'node:crypto';
import { decide } from '@mooring/chaincode/decide';
import type { Participant } from '@mooring/chaincode/participant';
import type { AccessRequest, Decision } from '@mooring/chaincode/terms';
import { instant } from '@mooring/chaincode/time';
import type { Resource } from '../fhir/resource.ts';
import { isAboutPatients, patientsOf } from '../fhir/search/compartment.ts';
import { type CommittedTransaction, type Ledger, LedgerError } from '../ledger/ledger.ts';
import type { Logger } from '../operate/log.ts';
import type { Db } from '../store/sql/database.ts';
import { acceptConsent } from './accept.ts';
import { listParticipants } from './calls.ts';
import type { ConsentRules, Requester } from './consent.ts';
import { CUSTODIAN, deny, OPEN, strictest } from './decisions.ts';
import { factsOf } from './facts.ts';
import { enroll, type Registration, registerParticipant } from './participants.ts';
import { Projection } from './projection.ts';
import { openSubjects } from './subjects.ts';
import { type TicketRequest, Tickets } from './tickets.ts';

export { operatorConsentRoutes } from './operator.ts';

export interface ConsentRulesOptions {
  readonly ledger: Ledger;
  /** Where pseudonyms are kept across restarts; without one they are only remembered. */
  readonly db?: Db;
  /** The own organization's id on the ledger. */
  readonly participant: string;
  /** Keyed: nobody without the organization's secret can tell whose it is. */
  readonly pseudonym: (patientId: string) => string;
  readonly now: () => number;
  readonly maxAgeMs: number;
  readonly logger: Logger;
}

export interface OpenConsentRules extends ConsentRules {
  /** Registers the patient's public ES256 key under the pseudonym. The same again is not an error; another needs `replace`. */
  enrollPatient(
    patientId: string,
    publicJwk: JsonWebKey,
    options?: { readonly replace?: boolean },
  ): Promise<void>;
  /** A participant of the own organization, itself first of all. The same again is not an error. */
  registerParticipant(registration: Registration): Promise<void>;
  participants(): Promise<readonly Participant[]>;
  /** How long ago it was certain that the projection misses nothing. */
  ageMs(): number;
  /** Asks the ledger and catches up with it now. Throws ConsentError('NOT_FRESH'). */
  refresh(): Promise<void>;
  /** Resolves when the projection has caught up with the ledger for the first time. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/** For how long a list of patients may leave out one whose permit began meanwhile; what it lists is decided anew anyway. */
const PATIENTS_MEMO_MS = 1000;
const MAX_MEMOS = 1000;

/** Decides from a projection of the ledger; see docs/consent.md for what the rules mean. */
export async function openConsentRules(options: ConsentRulesOptions): Promise<OpenConsentRules> {
  const { ledger, participant: own, pseudonym, now, maxAgeMs, logger } = options;
  const subjects = await openSubjects(pseudonym, options.db);
  const tickets = new Tickets(ledger, now);
  const projection = new Projection({
    ledger,
    subjects,
    now,
    logger,
    onChange: (subject) => tickets.forget(subject),
  });
  const memos = new Map<string, { patients: readonly string[]; generation: number; untilMs: number }>();

  const fresh = async () => {
    if (projection.ageMs() > maxAgeMs) return projection.confirm();
    // Half way there the ledger is asked beside the decision, so that a busy bridge never waits.
    if (projection.ageMs() > maxAgeMs / 2) projection.confirm().catch(() => {});
  };
  const seen = async (committed: CommittedTransaction | undefined) => {
    if (committed) await projection.seen(committed.blockNumber);
  };
  const ownMspId = () => {
    const mspId = projection.participant(own)?.mspId;
    if (mspId === undefined)
      throw new LedgerError('PARTICIPANT_UNKNOWN', `${own} is not registered on the ledger`);
    return mspId;
  };
  const requestOf = (requester: Requester, subject: string): TicketRequest => ({
    subject,
    custodian: own,
    recipient: requester.participant,
    purpose: requester.purpose,
    action: requester.action ?? 'access',
  });
  const judge = (request: Omit<AccessRequest, 'roles'>, roles: readonly string[], at: string): Decision =>
    decide(projection.consentsOf(request.subject), { ...request, roles }, at);

  /** The roles of an active participant; `undefined` for anyone else. */
  const rolesOf = (requester: Requester): readonly string[] | undefined => {
    const known = projection.participant(requester.participant);
    return known?.status === 'active' ? [known.role] : undefined;
  };

  const decideEach = async (
    requester: Requester,
    resources: readonly Resource[],
  ): Promise<readonly Decision[]> => {
    if (requester.participant === own) return resources.map(() => CUSTODIAN);
    await fresh();
    const roles = rolesOf(requester);
    if (!roles) return resources.map(() => deny('PARTICIPANT_SUSPENDED'));
    const at = instant(now());
    const needed = new Map<string, TicketRequest>();
    const judged = resources.map((resource) => {
      const patients = patientsOf(resource);
      if (patients.length === 0)
        return {
          subjects: [],
          decision: isAboutPatients(resource.resourceType) ? deny('NOT_COVERED') : OPEN,
        };
      const facts = factsOf(resource);
      const each = patients.map((patient) => {
        const subject = subjects.pseudonymOf(patient);
        if (subject === undefined) return deny('NO_CONSENT');
        return judge({ ...requestOf(requester, subject), resource: facts }, roles, at);
      });
      const decision = strictest(each);
      const concerned = patients.flatMap((patient) => subjects.pseudonymOf(patient) ?? []);
      if (decision.effect === 'permit')
        for (const subject of concerned) needed.set(subject, requestOf(requester, subject));
      return { subjects: concerned, decision };
    });
    const denied = needed.size === 0 ? new Set<string>() : await tickets.denied([...needed.values()]);
    return judged.map(({ subjects: concerned, decision }) =>
      concerned.some((subject) => denied.has(subject)) ? deny('NOT_COVERED') : decision,
    );
  };

  const patientsFor = async (requester: Requester): Promise<readonly string[] | 'all'> => {
    if (requester.participant === own) return 'all';
    await fresh();
    const roles = rolesOf(requester);
    if (!roles) return [];
    const name = JSON.stringify([requester.participant, requester.purpose, requester.action]);
    const memo = memos.get(name);
    if (memo && memo.generation === projection.generation && memo.untilMs > now()) return memo.patients;
    const at = instant(now());
    const patients: string[] = [];
    for (const subject of projection.subjectsWithConsents()) {
      const patient = subjects.knownPatient(subject);
      if (patient !== undefined && judge(requestOf(requester, subject), roles, at).effect === 'permit')
        patients.push(patient);
    }
    if (memos.size >= MAX_MEMOS) memos.clear();
    memos.set(name, { patients, generation: projection.generation, untilMs: now() + PATIENTS_MEMO_MS });
    return patients;
  };

  const register = async (patient: string, jwk?: JsonWebKey, replace = false): Promise<string> => {
    const mspId = ownMspId();
    const subject = await subjects.remember(patient);
    await seen(await enroll(ledger, { subject, mspId, replace, ...(jwk ? { jwk } : {}) }));
    return subject;
  };

  const ready = projection.confirm();
  ready.catch((error) => logger.warn({ code: error.code }, 'the ledger could not be read yet'));
  return {
    decide: decideEach,
    patients: patientsFor,
    accept: async (consent) => seen(await acceptConsent(consent, { ledger, pseudonym, register })),
    enrollPatient: async (patientId, publicJwk, { replace = false } = {}) => {
      await register(patientId, publicJwk, replace);
    },
    registerParticipant: async (registration) => seen(await registerParticipant(ledger, registration)),
    participants: () => listParticipants(ledger),
    ageMs: () => projection.ageMs(),
    refresh: () => projection.confirm(),
    ready,
    close: () => projection.close(),
  };
}
