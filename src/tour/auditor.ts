// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../bin/mooring', import.meta.url));

export interface Verdict {
  readonly code: number;
  readonly out: string;
}

/** Runs `mooring verify` in a process of its own, on the receipt and on a copy in which one digit of the result was changed. */
export async function verifyElsewhere(receipt: string, trust: string): Promise<[Verdict, Verdict]> {
  const folder = await mkdtemp(join(tmpdir(), 'mooring-tour-'));
  try {
    await writeFile(join(folder, 'trust.json'), trust);
    return [
      await verify(folder, 'receipt.json', receipt),
      await verify(folder, 'forged.json', forge(receipt)),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function printChecks(genuine: Verdict, forged: Verdict): string {
  return `the receipt: exit ${genuine.code}\n${genuine.out}\nwith one digit changed: exit ${forged.code}\n${forged.out}`;
}

/** The forger's modest wish: a result a little better than it was. The receipt holds the record as text, so quotes are escaped. */
function forge(receipt: string): string {
  return receipt.replace(
    /(\\"value\\":)(\d)/,
    (_all, name: string, digit: string) => `${name}${(Number(digit) + 1) % 10}`,
  );
}

async function verify(folder: string, name: string, content: string): Promise<Verdict> {
  const file = join(folder, name);
  await writeFile(file, content);
  const args = [PROGRAM, 'verify', file, '--trust', join(folder, 'trust.json')];
  return new Promise((done) => {
    execFile(process.execPath, args, (error, stdout, stderr) => {
      done({
        code: typeof error?.code === 'number' ? error.code : error ? -1 : 0,
        out: (stdout + stderr).trim(),
      });
    });
  });
}
