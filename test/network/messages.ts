// SPDX-License-Identifier: Apache-2.0

/** Messages without end: message `n` is about patient `n`, and about nobody else. */
export function admission(n: number): Buffer {
  return lines(
    `MSH|^~\\&|LOAD|HARBOUR|MOORING|HARBOUR|20260301120000+0000||ADT^A01^ADT_A01|L${n}|P|2.5.1`,
    'EVN|A01|20260301120000+0000',
    `PID|1||M${n}^^^HARBOUR^MR||Loadwell^Number${n}||19700101|F`,
    `PV1|1|I|W${n % 7}^R1^B2^HARBOUR||||||||||||||||V${n}^^^HARBOUR^VN|||||||||||||||||||||||||20260301120000+0000`,
  );
}

/** One haemoglobin of patient `n`. */
export function result(n: number): Buffer {
  return lines(
    `MSH|^~\\&|LOAD|HARBOUR|MOORING|HARBOUR|20260301130000+0000||ORU^R01^ORU_R01|R${n}|P|2.5.1`,
    `PID|1||M${n}^^^HARBOUR^MR||Loadwell^Number${n}||19700101|F`,
    `OBR|1|P${n}^LOAD|F${n}^LOAD|58410-2^CBC panel^LN|||20260301123000+0000|||||||||||||||20260301130000+0000||LAB|F`,
    `OBX|1|NM|718-7^Hemoglobin^LN||13.${n % 10}0|g/dL^^UCUM|12-16|N|||F|||20260301123000+0000`,
  );
}

export function controlId(answer: Buffer): string {
  return /\rMSA\|\w\w\|([^|\r]*)/.exec(answer.toString('latin1'))?.[1] ?? '';
}

export function code(answer: Buffer): string {
  return /\rMSA\|(\w\w)/.exec(answer.toString('latin1'))?.[1] ?? '';
}

function lines(...segments: string[]): Buffer {
  return Buffer.from(`${segments.join('\r')}\r`);
}
