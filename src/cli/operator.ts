// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Command } from 'commander';

/** Where a running bridge is, as its operator on the same machine reaches it. */
export interface OperatorOptions {
  /** Base URL of the bridge, such as `http://127.0.0.1:8080`. */
  url: string;
  /** The bridge's data folder: its `operator.token` (mode 0600) is the key to `/operator`. */
  dataDir: string;
}

/** The options of a subcommand that asks a running bridge. */
export function withBridge(command: Command): Command {
  return command
    .option('--url <url>', 'base URL of the bridge', 'http://127.0.0.1:8080')
    .option('--data-dir <folder>', "the bridge's data folder", 'data/hospital');
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
  const text = await (await callOperator(options, method, path, body)).text();
  return text === '' ? undefined : JSON.parse(text);
}

/** The same where the answer comes bit by bit: one value for each line of JSON, as soon as it is there. */
export async function* followOperator(
  options: OperatorOptions,
  path: string,
  body: unknown,
): AsyncGenerator<unknown> {
  const { body: stream } = await callOperator(options, 'POST', path, body);
  if (!stream) return;
  for await (const line of createInterface({ input: Readable.fromWeb(stream) }))
    if (line !== '') yield JSON.parse(line);
}

async function callOperator(
  options: OperatorOptions,
  method: string,
  path: string,
  body: unknown,
): Promise<Response> {
  const token = (await readFile(join(options.dataDir, 'operator.token'), 'utf8')).trim();
  const response = await fetch(`${options.url}/operator${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.ok) return response;
  const answer = JSON.parse((await response.text()) || '{}') as { error?: string };
  throw new Error(`${method} ${path} answered ${response.status}: ${answer.error ?? response.statusText}`);
}
