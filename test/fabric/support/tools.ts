// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { findTools, type Tools } from '../../../fabric/tools.ts';

/**
 * Fabric's programs: those of MOORING_TEST_FABRIC, or built with Go; otherwise the reason to skip. Where `MOORING_TEST_REQUIRE` lists
 * `fabric` (as CI does), absence is a failure instead.
 */
export function fabricTools(): { readonly open: () => Promise<Tools> } | { readonly skip: string } {
  const given = process.env['MOORING_TEST_FABRIC'];
  if (given || hasGo()) return { open: () => findTools(given, () => undefined) };
  const required = (process.env['MOORING_TEST_REQUIRE'] ?? '').split(',');
  if (required.includes('fabric'))
    throw new Error('fabric is required here, and neither is MOORING_TEST_FABRIC set nor Go there');
  return { skip: 'fabric is not here: set MOORING_TEST_FABRIC, or install Go to build it' };
}

function hasGo(): boolean {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
