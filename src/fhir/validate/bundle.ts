// SPDX-License-Identifier: Apache-2.0
import type { Issue } from '../outcome.ts';
import type { Resource } from '../resource.ts';
import { issue } from './issue.ts';

interface Entry {
  readonly fullUrl?: string;
  readonly resource?: Resource;
  readonly request?: { readonly method?: string };
  readonly response?: unknown;
  readonly search?: unknown;
}

const REQUESTS = ['transaction', 'batch'];
const RESPONSES = ['transaction-response', 'batch-response'];

/** The invariants of Bundle (FHIR R4 §2.36.4) on a Bundle that fits the schema. `path` is where it stands. */
export function bundleIssues(bundle: Resource, path = 'Bundle'): Issue[] {
  const type = bundle['type'];
  const entries = (bundle['entry'] ?? []) as readonly Entry[];
  const issues: Issue[] = [];
  if (bundle['total'] !== undefined && type !== 'searchset' && type !== 'history') {
    issues.push(issue('invariant', `${path}.total`, 'is for searchset and history only (bdl-1)'));
  }
  const first = type === 'document' ? 'Composition' : type === 'message' ? 'MessageHeader' : undefined;
  if (first && entries[0]?.resource?.resourceType !== first) {
    issues.push(
      issue('invariant', `${path}.entry[0]`, `must be a ${first} (bdl-${first === 'Composition' ? 11 : 12})`),
    );
  }
  const names = new Set<string>();
  entries.forEach((entry, index) => {
    for (const [code, element, says] of entryFindings(entry, String(type), names)) {
      issues.push(issue(code, `${path}.entry[${index}]${element}`, says));
    }
  });
  return issues;
}

type EntryFinding = ['required' | 'invariant', element: string, says: string];

function* entryFindings(entry: Entry, type: string, names: Set<string>): Iterable<EntryFinding> {
  const { fullUrl, resource, request, response, search } = entry;
  if (!resource && !request && !response) {
    yield ['invariant', '', 'must have a resource, a request or a response (bdl-5)'];
  }
  if (search !== undefined && type !== 'searchset')
    yield ['invariant', '.search', 'is for searchset only (bdl-2)'];
  if (REQUESTS.includes(type)) {
    if (!request) yield ['required', '.request', `is required in a ${type} (bdl-3)`];
    else yield* requestFindings(request.method, resource !== undefined);
  } else if (request && type !== 'history') {
    yield ['invariant', '.request', 'is for transaction, batch and history only (bdl-3)'];
  }
  if (response !== undefined && type !== 'history' && !RESPONSES.includes(type)) {
    yield ['invariant', '.response', 'is for responses and history only (bdl-4)'];
  }
  if (fullUrl === undefined) return;
  if (fullUrl.includes('/_history/')) yield ['invariant', '.fullUrl', 'must not name a version (bdl-8)'];
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:/.test(fullUrl)) yield ['invariant', '.fullUrl', 'must be an absolute URI'];
  const name = type === 'history' ? `${fullUrl} ${resource?.meta?.versionId}` : fullUrl;
  if (names.has(name) && type !== 'history') yield ['invariant', '.fullUrl', 'occurs twice (bdl-7)'];
  names.add(name);
}

function* requestFindings(method: string | undefined, hasResource: boolean): Iterable<EntryFinding> {
  if (!hasResource && (method === 'POST' || method === 'PUT' || method === 'PATCH')) {
    yield ['required', '.resource', `is required with ${method}`];
  }
  if (hasResource && (method === 'DELETE' || method === 'GET' || method === 'HEAD')) {
    yield ['invariant', '.resource', `must be absent with ${method}`];
  }
}
