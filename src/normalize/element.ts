// SPDX-License-Identifier: Apache-2.0

/** A FHIR element or resource under construction. */
export type Element = Record<string, unknown>;

export function isEmpty(element: Element): boolean {
  for (const _name in element) return false;
  return true;
}

/** Whether two values say the same, their members in the same order. */
export function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  const names = Object.keys(one);
  const others = Object.keys(other);
  return (
    Array.isArray(one) === Array.isArray(other) &&
    names.length === others.length &&
    names.every(
      (name, index) => name === others[index] && isSame((one as Element)[name], (other as Element)[name]),
    )
  );
}
