// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { packFiles } from './tar.ts';

/** What a peer needs to call the contract; the texts are PEM. */
export interface ChaincodeService {
  /** `host:port` */
  readonly address: string;
  readonly clientKey: string;
  readonly clientCertificate: string;
  readonly authority: string;
}

/** An organization's package: its peers learn from it where its own process runs, and both show certificates to each other. */
export function renderPackage(label: string, service: ChaincodeService): Buffer {
  const connection = {
    address: service.address,
    dial_timeout: '3s',
    tls_required: true,
    client_auth_required: true,
    client_key: service.clientKey,
    client_cert: service.clientCertificate,
    root_cert: service.authority,
  };
  return packFiles({
    'metadata.json': JSON.stringify({ type: 'ccaas', label }),
    'code.tar.gz': packFiles({ 'connection.json': JSON.stringify(connection) }),
  });
}

/** As peers name a package: label, colon, SHA-256 of its bytes in hexadecimal. */
export function packageId(label: string, content: Uint8Array): string {
  return `${label}:${createHash('sha256').update(content).digest('hex')}`;
}
