// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

/** Messages of one form without end: message `n` is about patient `n`. */
export interface Form {
  readonly name: string;
  /** OBX segments. */
  readonly results: number;
  message(n: number): Buffer;
}

/** From a short report to all that an intensive care bed sends at once, twelve values a minute. */
const ORU_RESULTS = [35, 250, 1000];

export const FORMS: readonly Form[] = [
  { name: 'ADT of 6 segments', results: 0, message: admission },
  { name: 'ADT of a ward, 15 segments', results: 2, message: wardAdmission },
  ...ORU_RESULTS.map((results) => ({
    name: `ORU of ${(results + 5).toLocaleString('en')} segments`,
    results,
    message: (n: number) => report(n, results),
  })),
];

/** Different messages of a form: a feed is of many patients. */
export function poolOf({ message }: Form): Buffer[] {
  const count = Math.max(4, Math.min(256, Math.floor(POOL_BYTES / message(0).length)));
  return Array.from({ length: count }, (_, n) => message(n));
}

const POOL_BYTES = 1_000_000;

function admission(n: number): Buffer {
  const clinician = clinicianOf(n);
  return lines(
    `MSH|^~\\&|BENCH|HARBOUR|MOORING|HARBOUR|20260301120000+0000||ADT^A01^ADT_A01|A${n}|P|2.5.1`,
    'EVN|A01|20260301120000+0000',
    `PID|1||M${n}^^^HARBOUR^MR||Benchley${n}^Ada^M||19700101|F|||${n} Quay Street^^Porttown^^12345^GB^H||^PRN^PH^^^555^1234567|||M`,
    `PD1||||${clinician}`,
    `NK1|1|Benchley${n}^Bo|SPO|${n} Quay Street^^Porttown|^PRN^PH^^^555^7654321`,
    `PV1|1|I|${bedOf(n)}||||${clinician}|||MED||||1|||${clinician}||V${n}^^^HARBOUR^VN${'|'.repeat(25)}20260301093000+0000`,
  );
}

/** A house of forty doctors and two hundred beds: they come again, as patients do not. */
const clinicianOf = (n: number) => `${n % 40}^Able${n % 40}^Ann^^^Dr`;
const bedOf = (n: number) => `${1 + (n % 5)}E^${100 + (n % 100)}^${n % 200 < 100 ? 'A' : 'B'}^HARBOUR`;

/** With kin, insurance, allergies and a diagnosis: the first of `fixtures/hl7`, as another patient's each time. */
function wardAdmission(n: number): Buffer {
  return Buffer.from(ward.replaceAll(NUMBERS, (number) => `${number}${n}`));
}

/** Of the message, the patient, the patient's social security, the visit, the guarantor and the insured. */
const NUMBERS = /HRB000001|Q1002347|912-44-0187|V7000451|G55012|LM-00918273-02/g;

const ward = readFileSync(
  new URL('../../fixtures/hl7/001-adt-a01-harbour-admission.hl7', import.meta.url),
  'utf8',
);

const MONITORED: readonly (readonly [code: string, unit: string, base: number, range: string])[] = [
  ['8867-4^Heart rate^LN', '/min^^UCUM', 72, '60-100'],
  ['9279-1^Respiratory rate^LN', '/min^^UCUM', 14, '12-20'],
  ['59408-5^Oxygen saturation^LN', '%^^UCUM', 94, '92-100'],
  ['8480-6^Systolic blood pressure^LN', 'mm[Hg]^^UCUM', 118, '90-140'],
  ['8462-4^Diastolic blood pressure^LN', 'mm[Hg]^^UCUM', 76, '60-90'],
  ['8478-0^Mean blood pressure^LN', 'mm[Hg]^^UCUM', 90, '70-105'],
  ['8310-5^Body temperature^LN', 'Cel^^UCUM', 36, '36.1-37.8'],
  ['2339-0^Glucose^LN', 'mg/dL^^UCUM', 95, '70-99'],
  ['2823-3^Potassium^LN', 'mmol/L^^UCUM', 4, '3.5-5.1'],
  ['2951-2^Sodium^LN', 'mmol/L^^UCUM', 138, '136-145'],
  ['718-7^Hemoglobin^LN', 'g/dL^^UCUM', 13, '12-16'],
  ['2160-0^Creatinine^LN', 'mg/dL^^UCUM', 1, '0.6-1.2'],
];

/** One order and its results. OBX-4 counts the minutes, so that no two results are the same observation. */
function report(n: number, results: number): Buffer {
  return lines(
    `MSH|^~\\&|BENCH|HARBOUR|MOORING|HARBOUR|20260302070000+0000||ORU^R01^ORU_R01|R${results}.${n}|P|2.5.1`,
    `PID|1||M${n}^^^HARBOUR^MR||Benchley${n}^Ada^M||19700101|F`,
    `PV1|1|I|${bedOf(n)}${'|'.repeat(16)}V${n}^^^HARBOUR^VN`,
    `ORC|RE|P${results}.${n}^BENCH|F${results}.${n}^BENCH`,
    `OBR|1|P${results}.${n}^BENCH|F${results}.${n}^BENCH|85353-1^Vital signs panel^LN|||20260301190000+0000|||||||||||||||20260302070000+0000||LAB|F`,
    ...Array.from({ length: results }, (_, index) => resultOf(n, index)),
  );
}

function resultOf(n: number, index: number): string {
  const minute = Math.floor(index / MONITORED.length);
  const [code, unit, base, range] = MONITORED[index % MONITORED.length]!;
  const value = `${base + ((n + minute) % 5)}.${index % 10}`;
  const at = `20260301${19 + Math.floor(minute / 60)}${String(minute % 60).padStart(2, '0')}00+0000`;
  return `OBX|${index + 1}|NM|${code}|${minute + 1}|${value}|${unit}|${range}|N|||F|||${at}`;
}

function lines(...segments: string[]): Buffer {
  return Buffer.from(`${segments.join('\r')}\r`);
}
