// SPDX-License-Identifier: Apache-2.0
import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** Helmet's headers with this Content-Security-Policy and no other; without those that only old browsers read. */
export function headersWith(directives: Readonly<Record<string, string[]>>): RequestHandler {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    crossOriginEmbedderPolicy: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    xDownloadOptions: false,
    xDnsPrefetchControl: false,
    xPermittedCrossDomainPolicies: false,
  });
}
