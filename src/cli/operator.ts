// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a running bridge is, as its operator on the same machine reaches it. */
export interface OperatorOptions {
  /** Base URL of the bridge, such as `http://127.0.0.1:8080`. */
  url: string;
  /** The bridge's data folder: its `operator.token` (mode 0600) is the key to `/operator`. */
  dataDir: string;
}

/**
 * Calls the operator's interface of a running bridge. Subcommands that change what a bridge keeps go this way, because the
 * embedded database belongs to one process.
 */
export async function askOperator(
  options: OperatorOptions,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const token = (await readFile(join(options.dataDir, 'operator.token'), 'utf8')).trim();
  const response = await fetch(`${options.url}/operator${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer: unknown = text === '' ? undefined : JSON.parse(text);
  if (!response.ok) {
    const reason = (answer as { error?: string } | undefined)?.error ?? response.statusText;
    throw new Error(`${method} ${path} answered ${response.status}: ${reason}`);
  }
  return answer;
}
