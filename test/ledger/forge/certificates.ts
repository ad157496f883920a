// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A key and a certificate for it, as X.509 has it (RFC 5280 §4.1): Node reads certificates and makes none. */
export interface Holder {
  readonly certificate: string;
  readonly key: KeyObject;
  readonly subject: Buffer;
}

export interface Wish {
  readonly cn: string;
  /** In one part of the name where there are several, as some authorities write them. */
  readonly ou?: readonly string[];
  readonly ca?: boolean;
  readonly from?: string;
  readonly to?: string;
}

const OIDS = { CN: '550403', OU: '55040b', ecdsaWithSha256: '2a8648ce3d040302', basicConstraints: '551d13' };

/** Signed by the issuer, or by itself. */
export function issue(
  { cn, ou = [], ca = false, from = '2026-01-01', to = '2036-01-01' }: Wish,
  issuer?: Holder,
): Holder {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = der(
    0x30,
    ...(ou.length > 0 ? [der(0x31, ...ou.map((each) => part(OIDS.OU, each)))] : []),
    der(0x31, part(OIDS.CN, cn)),
  );
  const algorithm = der(0x30, oid(OIDS.ecdsaWithSha256));
  const constraints = der(0x30, ...(ca ? [Buffer.from('0101ff', 'hex')] : []));
  const extension = der(
    0x30,
    oid(OIDS.basicConstraints),
    Buffer.from('0101ff', 'hex'),
    der(0x04, constraints),
  );
  const body = der(
    0x30,
    der(0xa0, Buffer.from('020102', 'hex')),
    der(0x02, Buffer.concat([Buffer.of(1), randomBytes(15)])),
    algorithm,
    issuer?.subject ?? subject,
    der(0x30, time(from), time(to)),
    subject,
    publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, der(0x30, extension)),
  );
  const signature = sign('sha256', body, issuer?.key ?? privateKey);
  const bytes = der(0x30, body, algorithm, der(0x03, Buffer.of(0), signature));
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  const certificate = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
  return { certificate, key: privateKey, subject };
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), content]);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function part(kind: string, value: string): Buffer {
  return der(0x30, oid(kind), der(0x0c, Buffer.from(value, 'utf8')));
}

/** UTCTime. */
function time(day: string): Buffer {
  return der(0x17, Buffer.from(`${day.slice(2).replaceAll('-', '')}000000Z`, 'ascii'));
}
