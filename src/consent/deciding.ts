// SPDX-License-Identifier: Apache-2.0
import type { Decision } from '@mooring/chaincode/terms';
import { instant } from '@mooring/chaincode/time';
import type { Resource } from '../fhir/resource.ts';
import { isAboutPatients, patientsOf } from '../fhir/search/compartment.ts';
import type { ConsentRules, Requester } from './consent.ts';
import { CUSTODIAN, deny, OPEN, strictest } from './decisions.ts';
import { factsOf } from './facts.ts';
import { judge, type Question } from './judge.ts';
import type { MergedPatients } from './merged.ts';
import type { Projection } from './projection/projection.ts';
import type { Subjects } from './subjects.ts';
import type { TicketRequest, Tickets } from './tickets.ts';

/** For how long a list of patients may leave out one whose permit began meanwhile; what it lists is decided anew anyway. */
const PATIENTS_MEMO_MS = 1000;
const MAX_MEMOS = 1000;

export interface DecidingOptions {
  readonly projection: Projection;
  readonly subjects: Subjects;
  readonly merged: MergedPatients;
  readonly tickets: Tickets;
  /** The own organization's id on the ledger. */
  readonly own: string;
  readonly now: () => number;
  readonly maxAgeMs: number;
}

/** The decisions themselves, from what the projection knows, each first access by a ticket. */
export function openDecisions(options: DecidingOptions): Pick<ConsentRules, 'decide' | 'patients'> {
  const { projection, subjects, merged, tickets, own, now, maxAgeMs } = options;
  const memos = new Map<string, { patients: readonly string[]; generation: number; untilMs: number }>();

  const fresh = async () => {
    if (projection.ageMs() > maxAgeMs) await projection.confirm();
    // Records that a merge has moved are never shown by those who don't know yet what was said about the prior patient.
    await merged.refresh();
  };
  /** `undefined` for anyone but an active participant. */
  const questionOf = (requester: Requester): Question | undefined => {
    const known = projection.participant(requester.participant);
    if (known?.status !== 'active') return undefined;
    const { participant: recipient, purpose, action = 'access' } = requester;
    const request = { custodian: own, recipient, purpose, action };
    return { request, roles: [known.role], at: instant(now()) };
  };
  /** What was said about any of the Patients that a merge made one was said about the person that they are. */
  const judgePatient = (patient: string, question: Question) =>
    judge(
      merged.groupOf(patient).flatMap((each) => subjects.of(each)),
      (subject) => projection.termsOf(subject),
      question,
    );

  return {
    async decide(requester, resources) {
      if (requester.participant === own) return resources.map(() => CUSTODIAN);
      await fresh();
      const question = questionOf(requester);
      if (!question) return resources.map(() => deny('PARTICIPANT_SUSPENDED'));
      const needed = new Map<string, TicketRequest>();
      const judged = resources.map((resource) => {
        const patients = patientsOf(resource);
        if (patients.length === 0) return { decision: ofNobody(resource), carriers: [] };
        const facts = factsOf(resource);
        const each = patients.map((patient) => judgePatient(patient, { ...question, resource: facts }));
        const decision = strictest(each.map((one) => one.decision));
        const carriers = decision.effect === 'permit' ? each.flatMap(({ subject }) => subject ?? []) : [];
        for (const subject of carriers) needed.set(subject, { ...question.request, subject });
        return { decision, carriers };
      });
      const denied = needed.size === 0 ? new Set<string>() : await tickets.denied([...needed.values()]);
      return judged.map(({ decision, carriers }) =>
        carriers.some((subject) => denied.has(subject)) ? deny('NOT_COVERED') : decision,
      );
    },
    async patients(requester) {
      if (requester.participant === own) return 'all';
      await fresh();
      const question = questionOf(requester);
      if (!question) return [];
      const name = JSON.stringify([requester.participant, requester.purpose, requester.action]);
      const memo = memos.get(name);
      if (memo && memo.generation === projection.generation && memo.untilMs > now()) return memo.patients;
      const found = new Set<string>();
      for (const subject of projection.subjectsWithConsents()) {
        const patient = subjects.patientOf(subject);
        if (patient !== undefined && judgePatient(patient, question).decision.effect === 'permit')
          for (const each of merged.groupOf(patient)) found.add(each);
      }
      const patients = [...found];
      if (memos.size >= MAX_MEMOS) memos.clear();
      memos.set(name, { patients, generation: projection.generation, untilMs: now() + PATIENTS_MEMO_MS });
      return patients;
    },
  };
}

/** A record of a patient's kind that names no patient stays with the organization. */
function ofNobody({ resourceType }: Resource): Decision {
  return isAboutPatients(resourceType) ? deny('NOT_COVERED') : OPEN;
}
