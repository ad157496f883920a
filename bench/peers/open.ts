// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { hl7Standard } from './hl7-standard.ts';
import { medplum } from './medplum.ts';
import { nodeHl7Client } from './node-hl7-client.ts';
import type { Parser } from './parser.ts';

/** The packages of `package.json` beside this; none until they are installed. */
export async function openPeers(): Promise<Parser[]> {
  if (!existsSync(new URL('node_modules', import.meta.url))) return [];
  const text = readFileSync(new URL('package.json', import.meta.url), 'utf8');
  const { dependencies } = JSON.parse(text) as { dependencies: Record<string, string> };
  // By names that types don't resolve: Mooring itself needs no peer, and is checked without them.
  const open = async (name: string, parser: (called: string, library: never) => Parser) =>
    parser(`${name} ${dependencies[name]}`, (await import(name)) as never);
  return [
    await open('@medplum/core', medplum),
    await open('node-hl7-client', nodeHl7Client),
    await open('hl7-standard', hl7Standard),
  ];
}
