// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import type { Config } from '../config.ts';

/** The PEM files of MLLP over TLS; `undefined` when none is configured. */
export async function readTls(
  config: Config,
): Promise<{ key: Buffer; cert: Buffer; ca?: Buffer } | undefined> {
  if (!config.mllpTlsKey || !config.mllpTlsCert) return undefined;
  return {
    key: await readFile(config.mllpTlsKey),
    cert: await readFile(config.mllpTlsCert),
    ...(config.mllpTlsClientCa ? { ca: await readFile(config.mllpTlsClientCa) } : {}),
  };
}
