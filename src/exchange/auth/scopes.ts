// SPDX-License-Identifier: Apache-2.0

/** What a scope lets one do with a type: create, read, update, delete, search (SMART App Launch 2 §3.0.2). */
export type Permission = 'c' | 'r' | 'u' | 'd' | 's';

/** A SMART v2 scope of a system client: `system/Patient.rs`, `system/*.cruds`. */
export interface Scope {
  /** A resource type, or `*`. */
  readonly type: string;
  readonly permissions: ReadonlySet<Permission>;
}

// The letters come in this order and each once, or the scope is not one (SMART: "in order", ".cruds").
const SCOPE = /^system\/(\*|[A-Z][A-Za-z]{1,63})\.(c?r?u?d?s?)$/;

/** `undefined`: no scope of a system client, or one of the older form or with a query, which this bridge doesn't know. */
export function parseScope(text: string): Scope | undefined {
  const found = SCOPE.exec(text);
  if (!found?.[1] || !found[2]) return undefined;
  return { type: found[1], permissions: new Set(found[2] as unknown as Iterable<Permission>) };
}

/** The scopes among space-separated words, and the words that are none. */
export function parseScopes(text: string): { scopes: Scope[]; unknown: string[] } {
  const scopes: Scope[] = [];
  const unknown: string[] = [];
  for (const word of text.split(' ').filter((each) => each !== '')) {
    const scope = parseScope(word);
    if (scope) scopes.push(scope);
    else unknown.push(word);
  }
  return { scopes, unknown };
}

export function printScopes(scopes: readonly Scope[]): string {
  return scopes.map((scope) => `system/${scope.type}.${[...scope.permissions].join('')}`).join(' ');
}

/** What is both asked for and registered, type by type and letter by letter. */
export function intersectScopes(requested: readonly Scope[], registered: readonly Scope[]): Scope[] {
  const granted = new Map<string, Set<Permission>>();
  for (const asked of requested) {
    for (const known of registered) {
      const type = asked.type === '*' ? known.type : asked.type;
      if (known.type !== '*' && known.type !== type) continue;
      const both = [...asked.permissions].filter((letter) => known.permissions.has(letter));
      const set = granted.get(type) ?? new Set();
      for (const letter of both) set.add(letter);
      if (set.size > 0) granted.set(type, set);
    }
  }
  const order: readonly Permission[] = ['c', 'r', 'u', 'd', 's'];
  return [...granted].map(([type, set]) => ({
    type,
    permissions: new Set(order.filter((letter) => set.has(letter))),
  }));
}

export function allows(scopes: readonly Scope[], type: string, permission: Permission): boolean {
  return scopes.some(
    (scope) => (scope.type === '*' || scope.type === type) && scope.permissions.has(permission),
  );
}
