// SPDX-License-Identifier: Apache-2.0
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import type { Logger } from '../operate/log.ts';
import { type Budget, MllpConnection, type MllpHandler } from './mllp/connection.ts';

export type { MllpHandler, MllpPeer } from './mllp/connection.ts';

export interface MllpOptions {
  readonly port: number;
  readonly host?: string;
  readonly maxMessageBytes?: number;
  readonly maxConnections?: number;
  /** A connection that is silent so long, or a message unfinished so long, is closed. */
  readonly idleMs?: number;
  /** Messages of one connection that are handled at a time. */
  readonly maxInFlight?: number;
  /** Bytes ignored between two frames. */
  readonly maxNoiseBytes?: number;
  /** Bytes that all connections together may hold in memory. */
  readonly maxBufferedBytes?: number;
  /** How long closing waits for messages in flight. */
  readonly closeMs?: number;
  readonly tls?: MllpTls;
  readonly now?: () => number;
}

/** PEM contents. With `ca`, senders must show a certificate that it issued. */
export interface MllpTls {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  readonly ca?: string | Buffer;
  /** Default: true when `ca` is given. */
  readonly requestCert?: boolean;
}

export interface MllpServer {
  readonly port: number;
  /** Stops accepting, lets messages in flight be answered, and resolves when every connection is closed. */
  close(): Promise<void>;
}

const DEFAULTS = {
  host: '127.0.0.1',
  maxMessageBytes: 10 * 1024 * 1024,
  maxConnections: 256,
  idleMs: 600_000,
  maxInFlight: 32,
  maxNoiseBytes: 1024,
  maxBufferedBytes: 256 * 1024 * 1024,
  closeMs: 10_000,
  now: Date.now,
};

/** Receives HL7 v2 messages over MLLP; resolves when it listens. */
export async function listenMllp(
  options: MllpOptions,
  handle: MllpHandler,
  logger: Logger,
): Promise<MllpServer> {
  const settings = { ...DEFAULTS, ...options };
  const connections = new Set<MllpConnection>();
  const budget: Budget = { usedBytes: 0, maxBytes: settings.maxBufferedBytes };
  const accept = (socket: Socket): void => {
    const connection = new MllpConnection(socket, identify(socket), handle, settings, budget, logger);
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  };
  const server = settings.tls
    ? createTlsServer(tlsOptions(settings.tls), accept)
    : createServer({ allowHalfOpen: true }, accept);
  server.maxConnections = settings.maxConnections;
  server.on('drop', () =>
    logger.warn({ maxConnections: settings.maxConnections }, 'mllp: connection dropped'),
  );
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    logger.warn({ code: error.code }, 'mllp: TLS handshake failed');
  });
  await listening(server, settings.port, settings.host);
  server.on('error', (error: NodeJS.ErrnoException) =>
    logger.error({ code: error.code }, 'mllp: server error'),
  );
  return {
    port: (server.address() as AddressInfo).port,
    close: () => closing(server, connections, settings.closeMs),
  };
}

function tlsOptions(tls: MllpTls): TlsOptions & { allowHalfOpen: boolean } {
  const requestCert = tls.requestCert ?? tls.ca !== undefined;
  return {
    key: tls.key,
    cert: tls.cert,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    requestCert,
    rejectUnauthorized: requestCert,
    minVersion: 'TLSv1.2',
    handshakeTimeout: 10_000,
    allowHalfOpen: true,
  };
}

function identify(socket: Socket): { address: string; certificateName?: string } {
  const address = socket.remoteAddress ?? 'unknown';
  const subject = 'authorized' in socket ? (socket as TLSSocket).getPeerCertificate().subject : undefined;
  const name: unknown = (socket as TLSSocket).authorized ? subject?.CN : undefined;
  return typeof name === 'string' ? { address, certificateName: name } : { address };
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closing(server: Server, connections: ReadonlySet<MllpConnection>, closeMs: number): Promise<void> {
  return new Promise((resolve) => {
    const impatience = setTimeout(() => {
      for (const connection of connections) connection.destroy();
    }, closeMs);
    server.close(() => {
      clearTimeout(impatience);
      resolve();
    });
    for (const connection of connections) connection.end();
  });
}
