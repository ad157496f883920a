// SPDX-License-Identifier: Apache-2.0
import { copyJson } from '../../fhir/json.ts';
import { FhirError, type IssueCode } from '../../fhir/outcome.ts';
import type { Resource } from '../../fhir/resource.ts';
import { readCondition } from '../../fhir/search/condition.ts';
import type { BundleStep } from '../fhir-transaction.ts';

/** `Bundle.entry` as it came. */
export interface WireEntry {
  readonly fullUrl?: unknown;
  readonly resource?: Resource;
  readonly request?: {
    readonly method?: unknown;
    readonly url?: unknown;
    readonly ifMatch?: unknown;
    readonly ifNoneExist?: unknown;
  };
}

interface Target {
  readonly type: string;
  readonly id?: string;
  readonly version?: number;
  readonly query?: string;
}

const URL_PATTERN =
  /^([A-Z][A-Za-z]{1,63})(?:\/([A-Za-z0-9.-]{1,64})(?:\/_history\/([1-9]\d{0,8}))?)?(?:\?([^#]*))?$/;
const ETAG = /^(?:W\/)?"([1-9]\d{0,8})"$/;

/** Throws FhirError 400 with the expression of what is wrong. */
export function readStep(entry: WireEntry, index: number, base: string | undefined): BundleStep {
  const at = new Place(`Bundle.entry[${index}]`);
  const request = entry?.request;
  if (typeof request !== 'object' || request === null) throw at.error('required', '.request', 'is required');
  const target = readUrl(request.url, base, at);
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return { index, ...readGet(target) };
    case 'POST':
      return { index, kind: 'change', change: readCreate(entry, target, at) };
    case 'PUT':
      return { index, kind: 'change', change: readUpdate(entry, target, at) };
    case 'DELETE':
      return { index, kind: 'change', change: readDelete(entry, target, at) };
    default:
      throw at.error('not-supported', '.request.method', 'must be GET, POST, PUT or DELETE');
  }
}

type ChangeOf<Op extends string> = Extract<Extract<BundleStep, { kind: 'change' }>['change'], { op: Op }>;
type Get = { kind: 'read'; type: string; id: string; version?: number } | Search;
type Search = { kind: 'search'; type: string; params: readonly (readonly [string, string])[] };

function readGet({ type, id, version, query }: Target): Get {
  if (id === undefined) return { kind: 'search', type, params: [...new URLSearchParams(query ?? '')] };
  return { kind: 'read', type, id, ...(version === undefined ? {} : { version }) };
}

function readCreate(entry: WireEntry, target: Target, at: Place): ChangeOf<'create'> {
  if (target.id !== undefined || target.query !== undefined) {
    throw at.error('value', '.request.url', 'must be a resource type with POST');
  }
  const resource = readResource(entry, target.type, at);
  // FHIR R4 §3.1.0.8: on create the server chooses the id, whatever the client wrote.
  delete resource.id;
  const condition = entry.request?.ifNoneExist;
  if (condition !== undefined && typeof condition !== 'string') {
    throw at.error('structure', '.request.ifNoneExist', 'must be text');
  }
  return {
    op: 'create',
    resource,
    ...fullUrlOf(entry),
    ...(condition === undefined
      ? {}
      : {
          ifNoneExist: readCondition(
            target.type,
            condition.replace(/^[^?]*\?/, ''),
            at.of('.request.ifNoneExist'),
          ),
        }),
  };
}

function readUpdate(entry: WireEntry, target: Target, at: Place): ChangeOf<'update'> {
  if (target.version !== undefined)
    throw at.error('value', '.request.url', 'must not name a version with PUT');
  const resource = readResource(entry, target.type, at);
  const common = { op: 'update' as const, resource, ...fullUrlOf(entry), ...ifMatchOf(entry, at) };
  if (target.id === undefined) {
    return { ...common, where: readCondition(target.type, target.query ?? '', at.of('.request.url')) };
  }
  if (resource.id !== target.id) throw at.error('value', '.resource.id', 'must be the id of request.url');
  return common;
}

function readDelete(entry: WireEntry, { type, id, version, query }: Target, at: Place): ChangeOf<'delete'> {
  if (id === undefined || version !== undefined || query !== undefined) {
    throw at.error('not-supported', '.request.url', 'must be Type/id with DELETE');
  }
  return { op: 'delete', type, id, ...ifMatchOf(entry, at) };
}

function readUrl(url: unknown, base: string | undefined, at: Place): Target {
  if (typeof url !== 'string') throw at.error('required', '.request.url', 'is required');
  const ours = base !== undefined && url.startsWith(`${base}/`) ? url.slice(base.length + 1) : url;
  const [, type, id, version, query] = URL_PATTERN.exec(ours.replace(/^\//, '')) ?? [];
  if (type === undefined) {
    throw at.error(
      'not-supported',
      '.request.url',
      'must be Type, Type/id, Type/id/_history/version or Type?search',
    );
  }
  if (id !== undefined && query !== undefined && query !== '') {
    throw at.error('not-supported', '.request.url', 'must not have both an id and a search');
  }
  return {
    type,
    ...(id === undefined ? {} : { id }),
    ...(version === undefined ? {} : { version: Number(version) }),
    ...(query === undefined || id !== undefined ? {} : { query }),
  };
}

// A copy: the caller's Bundle stays as it came.
function readResource(entry: WireEntry, type: string, at: Place): Resource {
  const { resource } = entry;
  if (typeof resource !== 'object' || resource === null || Array.isArray(resource)) {
    throw at.error('required', '.resource', 'is required with POST and PUT');
  }
  if (resource.resourceType !== type) {
    throw at.error('value', '.resource.resourceType', 'must be the type of request.url');
  }
  return copyJson(resource);
}

function fullUrlOf(entry: WireEntry): { fullUrl?: string } {
  return typeof entry.fullUrl === 'string' ? { fullUrl: entry.fullUrl } : {};
}

function ifMatchOf(entry: WireEntry, at: Place): { ifMatch?: number } {
  const text = entry.request?.ifMatch;
  if (text === undefined) return {};
  const version = typeof text === 'string' ? ETAG.exec(text)?.[1] : undefined;
  if (version === undefined) throw at.error('value', '.request.ifMatch', 'must be an ETag such as W/"3"');
  return { ifMatch: Number(version) };
}

/** Where in the Bundle we are, for errors. */
class Place {
  readonly #entry: string;

  constructor(entry: string) {
    this.#entry = entry;
  }

  of(element: string): string {
    return this.#entry + element;
  }

  error(code: IssueCode, element: string, says: string): FhirError {
    return FhirError.of(400, code, `${this.of(element)} ${says}`, this.of(element));
  }
}
