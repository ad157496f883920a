// SPDX-License-Identifier: Apache-2.0

/**
 * What a test needs beyond Node and this checkout. Returns the setting, or the reason to skip; where `MOORING_TEST_REQUIRE` lists
 * the name (as CI does), absence is a failure instead.
 */
export function needs(
  name: 'postgres' | 'fsck' | 'mllp_send' | 'hapi' | 'fabric' | 'chromium',
  variable: string,
): { value: string } | { skip: string } {
  const value = process.env[variable];
  if (value) return { value };
  const required = (process.env['MOORING_TEST_REQUIRE'] ?? '').split(',');
  if (required.includes(name)) throw new Error(`${variable} is not set, though ${name} is required here`);
  return { skip: `${name} is not here: set ${variable}` };
}
