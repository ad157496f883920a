// SPDX-License-Identifier: Apache-2.0
import { randomInt, randomUUID } from 'node:crypto';
import type { Client } from 'fhir-kit-client';
import { buildGrant } from '../consent/build.ts';
import { generatePatientKey, signConsent } from '../consent/sign.ts';
import type { Resource } from '../fhir/resource.ts';
import { printChecks, verifyElsewhere } from './auditor.ts';
import { admission, laboratoryResult, type Person } from './messages.ts';
import { ask, summary } from './request.ts';
import type { Stage } from './stage.ts';
import type { Step } from './step.ts';

const AN_HOUR_MS = 3_600_000;

/** From the admission to the auditor's desk; each step is a real request, and says whether its answer is the one promised. */
export function story(stage: Stage): Step[] {
  const person: Person = { number: `T${randomInt(1e9, 1e10)}`, family: 'Fairweather', given: 'Odile' };
  const patientKey = generatePatientKey();
  const consentId = randomUUID();
  const identifier = `identifier=${person.number}`;
  let patient = '';
  let observation = '';
  let granted: Resource | undefined;
  const observations = () => `Observation?patient=${patient}`;

  const send = (message: string) => async () => {
    const answer = await stage.sendHl7(message);
    const acknowledgment = answer.split('\r').find((segment) => segment.startsWith('MSA')) ?? answer;
    return {
      sent: message.split('\r').join('\n'),
      got: acknowledgment,
      asExpected: acknowledgment.startsWith('MSA|AA|'),
    };
  };

  return [
    {
      title: 'A patient is admitted: the hospital’s system sends an ADT^A01 over MLLP',
      run: send(admission(person, new Date())),
    },
    { title: 'The laboratory sends results (ORU^R01)', run: send(laboratoryResult(person, new Date())) },
    {
      title: 'The hospital’s own system finds them as FHIR',
      async run() {
        const found = await ask(
          stage.hospital,
          `Patient?${identifier}`,
          (answer) => entries(answer).length === 1,
        );
        patient = entries(found.resource)[0]?.id ?? '';
        const results = await ask(stage.hospital, observations(), (answer) => entries(answer).length === 2);
        observation = entries(results.resource)[0]?.id ?? '';
        return {
          sent: `GET ${observations()}`,
          got: summary(results),
          asExpected: entries(results.resource).length === 2,
        };
      },
    },
    {
      title: 'The clinic asks for the patient, and can’t even tell that there is one',
      async run() {
        const [there, nowhere] = [
          await ask(stage.clinic, `Patient/${patient}`),
          await ask(stage.clinic, `Patient/${randomUUID()}`),
        ];
        const same = JSON.stringify(there.resource) === JSON.stringify(nowhere.resource);
        return {
          sent: `GET Patient/${patient}`,
          got: `${summary(there)}, the same answer as for a made-up id`,
          asExpected: there.status === 404 && nowhere.status === 404 && same,
        };
      },
    },
    {
      title: 'The clinic searches the results, and gets none',
      async run() {
        const found = await ask(stage.clinic, observations());
        return {
          sent: `GET ${observations()}`,
          got: summary(found),
          asExpected: found.status === 200 && entries(found.resource).length === 0,
        };
      },
    },
    {
      title: 'The hospital enrolls the key of the patient’s phone',
      async run() {
        await stage.operator('POST', `/patients/${patient}/key`, { jwk: patientKey.publicJwk });
        return {
          sent: `POST /operator/patients/${patient}/key (a public P-256 key)`,
          got: 'registered on the ledger under a keyed pseudonym',
          asExpected: true,
        };
      },
    },
    {
      title: 'The patient grants the clinic access for an hour, signed on the phone',
      async run() {
        const now = Date.now();
        const consent = buildGrant({
          id: consentId,
          patient,
          to: 'clinic',
          from: now,
          until: now + AN_HOUR_MS,
        });
        granted = signConsent(consent, patientKey.privateJwk, { version: 1, at: now });
        const answer = await ask(stage.hospital, `Consent/${consentId}`, undefined, granted);
        return {
          sent: `PUT Consent/${consentId}, signed ES256`,
          got: summary(answer),
          asExpected: answer.status === 201,
        };
      },
    },
    {
      title: 'The clinic reads the results, to the last digit that the laboratory wrote',
      async run() {
        const found = await ask(stage.clinic, observations());
        const bytes = await stage.fetchAsClinic(observations());
        const values = (bytes.match(/"value":[\d.]+/g) ?? []).sort();
        const asExpected = values.join() === '"value":13.50,"value":7.10';
        return {
          sent: `GET ${observations()}`,
          got: `${summary(found)}; on the wire ${values.join(' and ')}`,
          asExpected,
        };
      },
    },
    {
      title: 'The clinic checks that what it was given is what was anchored',
      run: () => verification(stage.clinic, observation, true),
    },
    {
      title: 'Somebody changes one byte in the database: it is found out',
      async run() {
        await stage.operator('POST', '/demo/flip', { type: 'Observation', id: observation });
        return verification(stage.hospital, observation, false);
      },
    },
    {
      title: 'The byte is put back: all agrees again',
      async run() {
        await stage.operator('POST', '/demo/flip', { type: 'Observation', id: observation });
        return verification(stage.hospital, observation, true);
      },
    },
    {
      title:
        'The auditor verifies a receipt offline, in another process, with only the trusted keys; a forged one is refused',
      async run() {
        const receipt = await stage.fetchAsClinic(`Observation/${observation}/$verify?receipt=true`);
        const trust = await (await fetch(`${stage.url}/log/trust`)).text();
        const [genuine, forged] = await verifyElsewhere(receipt, trust);
        return {
          sent: 'mooring verify RECEIPT.json --trust TRUST.json',
          got: printChecks(genuine, forged),
          asExpected: genuine.code === 0 && forged.code === 1,
        };
      },
    },
    {
      title: 'The patient revokes, signed on the phone',
      async run() {
        if (!granted) throw new Error('there is no grant to revoke');
        const revoked = signConsent({ ...granted, status: 'inactive' }, patientKey.privateJwk, {
          version: 2,
          at: Date.now(),
        });
        const answer = await ask(stage.hospital, `Consent/${consentId}`, undefined, revoked);
        return {
          sent: `PUT Consent/${consentId}, status inactive, signed ES256`,
          got: summary(answer),
          asExpected: answer.status === 200,
        };
      },
    },
    {
      title: 'The clinic sees nothing again',
      async run() {
        const [one, all] = [
          await ask(stage.clinic, `Observation/${observation}`),
          await ask(stage.clinic, observations()),
        ];
        return {
          sent: `GET Observation/${observation}; GET ${observations()}`,
          got: `${summary(one)}; ${summary(all)}`,
          asExpected: one.status === 404 && entries(all.resource).length === 0,
        };
      },
    },
  ];
}

async function verification(client: Client, observation: string, expected: boolean) {
  const path = `Observation/${observation}/$verify`;
  const agrees = (answer: Resource) => parameter(answer, 'status') === 'verified';
  const answer = await ask(client, path, (given) => !expected || agrees(given));
  return { sent: `GET ${path}`, got: summary(answer), asExpected: agrees(answer.resource) === expected };
}

function entries(answer: Resource): Resource[] {
  return ((answer['entry'] ?? []) as { resource: Resource }[]).map((entry) => entry.resource);
}

function parameter(answer: Resource, name: string): unknown {
  const all = (answer['parameter'] ?? []) as { name: string; valueCode?: string }[];
  return all.find((each) => each.name === name)?.valueCode;
}
