// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { readTrust, type Trust } from '../anchor/trust.ts';
import { type EvidenceChecks, verifyReceipt } from '../anchor/verify-receipt.ts';
import { verifyEmbeddedEvidence } from '../ledger/embedded/verify.ts';
import { verifyFabricEvidence } from '../ledger/fabric/verify.ts';
import type { AddCommand } from './terminal.ts';

const EVIDENCE_CHECKS: EvidenceChecks = {
  embedded: verifyEmbeddedEvidence,
  fabric: verifyFabricEvidence,
};
const MAX_RECEIPT_BYTES = 64 * 1024 * 1024;

/** `mooring verify`: checks a receipt offline, with nothing but the keys that the user trusts. */
export const addVerify: AddCommand = (program, terminal) => {
  program
    .command('verify')
    .description('check a receipt offline; exits 0 only if everything holds')
    .argument('<receipt>', 'receipt file, or - for standard input')
    .requiredOption('--trust <file>', 'JSON file of the log keys and ledgers you trust')
    .action(async (file: string, options: { trust: string }) => {
      const trust = await loadTrust(options.trust);
      const { ok, checks } = verifyReceipt(await loadReceipt(file), trust, EVIDENCE_CHECKS);
      for (const { name, ok: holds, detail } of checks)
        terminal.out(`${holds ? 'ok    ' : 'FAILED'}  ${name.padEnd(10)}  ${detail}`);
      terminal.out(ok ? 'verified' : 'NOT verified');
      terminal.exitCode = ok ? 0 : 1;
    });
};

/** A trust file that can't be read is an error, not a receipt that fails. */
async function loadTrust(file: string): Promise<Trust> {
  try {
    return readTrust(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new Error(`${file}: ${(cause as Error).message}`, { cause });
  }
}

/** `undefined`, which verifies as no receipt, for what isn't JSON. */
async function loadReceipt(file: string): Promise<unknown> {
  const bytes = await (file === '-' ? readStdin() : readFile(file));
  if (bytes.length > MAX_RECEIPT_BYTES) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

async function readStdin(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    sizeBytes += (chunk as Buffer).length;
    if (sizeBytes > MAX_RECEIPT_BYTES) break;
  }
  return Buffer.concat(chunks);
}
