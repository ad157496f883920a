// SPDX-License-Identifier: Apache-2.0
import { ALGORITHMS } from './keys.ts';

/** SMART App Launch 2 §5: where a backend service gets its token, and how it shows who it is. */
export function smartConfiguration(baseUrl: string): unknown {
  return {
    token_endpoint: `${baseUrl}/oauth2/token`,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
    scopes_supported: ['system/*.cruds', 'system/*.rs'],
    capabilities: ['client-confidential-asymmetric', 'permission-v2'],
  };
}
