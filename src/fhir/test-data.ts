// SPDX-License-Identifier: Apache-2.0
import type { Coding, Resource } from './resource.ts';

/** The label of what is no record of a real person's: v3-ActReason, as R4 §6.1.1.1 has it in `meta.security`. */
const HTEST: Coding = {
  system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
  code: 'HTEST',
  display: 'test health data',
};

export function labelAsTest(resource: Resource): void {
  const { security = [], ...meta } = resource.meta ?? {};
  if (!isTestData(resource)) resource.meta = { ...meta, security: [...security, { ...HTEST }] };
}

export function isTestData({ meta }: Resource): boolean {
  return meta?.security?.some(({ system, code }) => system === HTEST.system && code === HTEST.code) === true;
}
