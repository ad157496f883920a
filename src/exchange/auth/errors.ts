// SPDX-License-Identifier: Apache-2.0

/** RFC 6749 §5.2. Only `invalid_client` says that the client itself was not believed. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope';

/** A refusal of the token endpoint. The text names what to change, never a key or a token. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly code: OAuthErrorCode;

  constructor(code: OAuthErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type ClientErrorCode = 'CLIENT_INVALID' | 'CLIENT_EXISTS' | 'CLIENT_UNKNOWN';

const STATUS: Readonly<Record<ClientErrorCode, number>> = {
  CLIENT_INVALID: 400,
  CLIENT_EXISTS: 409,
  CLIENT_UNKNOWN: 404,
};

/** What the operator is told when a client can't be registered or suspended; `status` is for the operator's HTTP interface. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientErrorCode;
  readonly status: number;

  constructor(code: ClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.status = STATUS[code];
  }
}
