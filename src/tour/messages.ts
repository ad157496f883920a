// SPDX-License-Identifier: Apache-2.0

/** The invented patient of one telling of the story: a new one each time, so that it can be told again. */
export interface Person {
  readonly number: string;
  readonly family: string;
  readonly given: string;
}

/** ADT^A01: the patient is admitted to ward 4. */
export function admission(person: Person, at: Date): string {
  const time = hl7Time(at);
  return [
    `MSH|^~\\&|EHR|HARBOUR|MOORING|HARBOUR|${time}||ADT^A01^ADT_A01|TA${person.number}|P|2.5.1|||||||UNICODE UTF-8`,
    `EVN|A01|${time}`,
    `PID|1||${person.number}^^^HARBOUR^MR||${person.family}^${person.given}||19880214|F|||3 Quay Street^^Harbourton^^HB1 2QQ`,
    `PV1|1|I|W4^R2^B1^HARBOUR||||4711^Castellan^Ines^^^Dr|||MED||||||||||V${person.number}^^^HARBOUR^VN|||||||||||||||||||||||||${time}`,
  ].join('\r');
}

/** ORU^R01: a haemoglobin and a white cell count. Their trailing zeros are part of the result. */
export function laboratoryResult(person: Person, at: Date): string {
  const time = hl7Time(at);
  return [
    `MSH|^~\\&|LAB|HARBOUR|MOORING|HARBOUR|${time}||ORU^R01^ORU_R01|TR${person.number}|P|2.5.1|||||||UNICODE UTF-8`,
    `PID|1||${person.number}^^^HARBOUR^MR||${person.family}^${person.given}||19880214|F`,
    `OBR|1|P${person.number}^EHR|F${person.number}^LAB|58410-2^CBC panel^LN|||${time}|||||||||||||||${time}||LAB|F`,
    `OBX|1|NM|718-7^Hemoglobin^LN||13.50|g/dL^^UCUM|12-16|N|||F|||${time}`,
    `OBX|2|NM|6690-2^Leukocytes^LN||7.10|10*3/uL^^UCUM|4-11|N|||F|||${time}`,
  ].join('\r');
}

function hl7Time(at: Date): string {
  return `${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}+0000`;
}
