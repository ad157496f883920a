// SPDX-License-Identifier: Apache-2.0

/** A FHIR element or resource under construction. */
export type Element = Record<string, unknown>;

export function isEmpty(element: Element): boolean {
  for (const _name in element) return false;
  return true;
}
