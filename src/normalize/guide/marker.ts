// SPDX-License-Identifier: Apache-2.0

/** A value that stands in no message by chance, in the shape of a v2 data type. */
export interface Marker {
  /** As it is written into the message. */
  readonly written: string;
  /** As it may be found in FHIR. */
  isIn(texts: ReadonlySet<string>): boolean;
}

const DAY_MS = 86_400_000;

/** The same number always gives the same marker; different ones (below 10,000) different ones. */
export function markerOf(type: string, number: number): Marker {
  const code = `K${String(number).padStart(4, '0')}Z`;
  const digits = String(50_000 + number);
  const day = new Date(Date.UTC(1981, 0, 1) + number * DAY_MS).toISOString().slice(0, 10);
  const compact = day.replaceAll('-', '');
  switch (type) {
    case 'DT':
      return { written: compact, isIn: some((text) => text.startsWith(day)) };
    case 'DTM':
    case 'TS':
      return { written: `${compact}040506+0000`, isIn: some((text) => text.startsWith(day)) };
    case 'DR':
      return { written: `${compact}040506+0000`, isIn: some((text) => text.startsWith(day)) };
    case 'TM': {
      const time = `${String(number % 24).padStart(2, '0')}:${String(number % 60).padStart(2, '0')}`;
      return { written: time.replace(':', ''), isIn: some((text) => text.includes(time)) };
    }
    case 'NM':
    case 'SI':
    case 'SNM':
      return { written: digits, isIn: some((text) => text.includes(digits)) };
    case 'CQ':
      return { written: `${digits}^mg&milligram&UCUM`, isIn: some((text) => text.includes(digits)) };
    case 'NA':
    case 'MA':
    case 'NR':
      return { written: `${digits}^99999`, isIn: some((text) => text.includes(digits)) };
    case 'SN':
      return { written: `^${digits}`, isIn: some((text) => text.includes(digits)) };
    case 'MO':
      return { written: `${digits}^EUR`, isIn: some((text) => text.includes(digits)) };
    case 'CP':
      return { written: `${digits}&EUR`, isIn: some((text) => text.includes(digits)) };
    default:
      return {
        written: SHAPES[type]?.(code, digits) ?? code,
        isIn: some((text) => text.includes(type === 'XTN' ? digits : code)),
      };
  }
}

const SHAPES: Readonly<Record<string, (code: string, digits: string) => string>> = {
  CX: (code) => `${code}^^^OFFICE`,
  EI: (code) => `${code}^OFFICE`,
  EIP: (code) => `${code}^${code}`,
  XPN: (code) => `${code}^Given`,
  XCN: (code) => `${code}^Family^Given`,
  XON: (code) => `${code} House^^^^^^^^^${code}`,
  CWE: (code) => `${code}^Text of ${code}^L`,
  CE: (code) => `${code}^Text of ${code}^L`,
  CNE: (code) => `${code}^Text of ${code}^L`,
  CF: (code) => `${code}^Text of ${code}^L`,
  XAD: (code) => `${code} Street^^Town`,
  XTN: (_, digits) => `^PRN^PH^^^555^${digits}`,
  PL: (code) => `${code}^12^A`,
  NDL: (code) => `${code}&Family&Given`,
  CNN: (code) => `${code}^Family^Given`,
  SPS: (code) => `${code}&Text of ${code}&L`,
  TQ: (code) => `^${code}`,
  DLN: (code) => `${code}^Here`,
  PLN: (code) => `${code}^DL`,
  MSG: () => 'ADT^A01^ADT_A01',
};

function some(test: (text: string) => boolean): (texts: ReadonlySet<string>) => boolean {
  return (texts) => [...texts].some(test);
}
