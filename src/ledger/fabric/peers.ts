// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey } from 'node:crypto';
import { Client, connectivityState, credentials, status } from '@grpc/grpc-js';
import { connect, type Gateway, GatewayError, signers } from '@hyperledger/fabric-gateway';
import type { Logger } from '../../operate/log.ts';
import { LedgerError } from '../ledger.ts';
import type { FabricConnection, PeerAddress } from './connection.ts';
import { PEER_REST_MS } from './deadlines.ts';
import { classify } from './errors.ts';

/** Peers allow messages up to this (`peer.maxRecvMsgSize`), and so do we: a block comes in one. */
const MAX_MESSAGE_BYTES = 100 * 1024 * 1024;
/** Peers cut off who asks for a sign of life more often than once a minute (`peer.keepalive.minInterval`). */
const KEEPALIVE_MS = 65_000;
const KEEPALIVE_ANSWER_MS = 10_000;
const RECONNECT_MS = { first: 200, most: 2_000 };

export interface PeerHealth {
  readonly address: string;
  readonly ok: boolean;
}

/** A peer of the own organization, on one gRPC connection that all channels share. */
export interface Peer {
  readonly address: string;
  readonly gateway: Gateway;
  readonly client: Client;
  /** How often it was found away, in all and since it last answered. */
  failures: number;
  failuresInARow: number;
  failedAt: number;
}

/** The peers of the own organization: connects when somebody asks, and takes the next where one does not answer. */
export class FabricPeers {
  readonly mspId: string;
  readonly #peers: readonly Peer[];
  readonly #logger: Logger;
  #closed = false;

  constructor(connection: FabricConnection, logger: Logger) {
    this.mspId = connection.mspId;
    this.#logger = logger;
    const identity = { mspId: connection.mspId, credentials: Buffer.from(connection.certificate) };
    const signer = signers.newPrivateKeySigner(createPrivateKey(connection.privateKey));
    this.#peers = connection.peers.map((address) => {
      const client = openClient(address);
      const gateway = connect({ client, identity, signer });
      return { address: address.address, gateway, client, failures: 0, failuresInARow: 0, failedAt: 0 };
    });
  }

  /** What the first peer answers that does. A failure that isn't the peer's own is not asked about again. */
  async ask<T>(work: (peer: Peer) => Promise<T>): Promise<T> {
    let last: unknown;
    for (const peer of this.inOrder()) {
      const since = Date.now();
      try {
        const answer = await work(peer);
        this.answered(peer, since);
        return answer;
      } catch (error) {
        if (this.#closed) throw closed();
        if (classify(error, this.mspId)?.kind !== 'away') throw error;
        this.failed(peer, since, error);
        last = error;
      }
    }
    throw last;
  }

  /** Those that are well in the order of the connection file, then those that rest: the one whose rest ends first before the others. */
  inOrder(): Peer[] {
    if (this.#closed) throw closed();
    const now = Date.now();
    const rest = (peer: Peer) => Math.max(0, peer.failedAt + restMs(peer) - now);
    return this.#peers.toSorted((a, b) => rest(a) - rest(b));
  }

  /** To something asked at this time. */
  answered(peer: Peer, since: number): void {
    if (peer.failuresInARow === 0 || since < peer.failedAt) return;
    this.#logger.info({ peer: peer.address }, 'the peer answers again');
    peer.failuresInARow = 0;
  }

  /** What was asked before the last failure failed with it, and counts no more. */
  failed(peer: Peer, since: number, error: unknown): void {
    if (since < peer.failedAt) return;
    const code = error instanceof GatewayError ? status[error.code] : 'LAGS';
    if (peer.failuresInARow === 0)
      this.#logger.warn({ peer: peer.address, status: code }, 'the peer does not answer');
    peer.failedAt = Date.now();
    peer.failures += 1;
    peer.failuresInARow += 1;
  }

  /** Looking makes those connect that were not needed yet. */
  health(): PeerHealth[] {
    return this.#peers.map(({ address, client, failuresInARow }) => {
      const state = this.#closed
        ? connectivityState.SHUTDOWN
        : client.getChannel().getConnectivityState(true);
      const lost = state === connectivityState.TRANSIENT_FAILURE || state === connectivityState.SHUTDOWN;
      return { address, ok: !lost && failuresInARow === 0 };
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { gateway, client } of this.#peers) {
      gateway.close();
      client.close();
    }
  }
}

function restMs({ failuresInARow }: Peer): number {
  const [first, most] = PEER_REST_MS;
  return failuresInARow === 0 ? 0 : Math.min(most, first * 2 ** (failuresInARow - 1));
}

function openClient({ address, tlsCertificates, tlsServerName }: PeerAddress): Client {
  return new Client(address, credentials.createSsl(Buffer.from(tlsCertificates)), {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_ANSWER_MS,
    'grpc.initial_reconnect_backoff_ms': RECONNECT_MS.first,
    'grpc.max_reconnect_backoff_ms': RECONNECT_MS.most,
    ...(tlsServerName
      ? { 'grpc.ssl_target_name_override': tlsServerName, 'grpc.default_authority': tlsServerName }
      : {}),
  });
}

function closed(): LedgerError {
  return new LedgerError('CLOSED', 'the ledger is closed');
}
