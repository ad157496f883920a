// SPDX-License-Identifier: Apache-2.0
import { copyJson } from './json.ts';
import type { Resource } from './resource.ts';

/** A literal reference to a resource by type and id (FHIR R4 §2.3.0.1), taken apart. */
export interface LiteralReference {
  readonly type: string;
  readonly id: string;
  readonly version?: string;
  /** Of an absolute URL: the server's base, without the last slash. Absent: it is ours. */
  readonly base?: string;
}

const LITERAL =
  /^(?:(https?:\/\/[^\s?#]+)\/)?([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9.-]{1,64})(?:\/_history\/([A-Za-z0-9.-]{1,64}))?$/;
const CONDITIONAL = /^[A-Z][A-Za-z]{1,63}\?\S/;
const MAX_LITERAL_CHARS = 2048;

// FHIR R4 §3.1.0.11.2: links to rewrite are elements of type Reference, uri, url, oid and uuid. These members have one of those types
// wherever they occur with a link in them; `value` (of an Identifier) and `system` are not among them: they name, and don't point.
const LINKS = new Set(['reference', 'url', 'uri', 'valueUri', 'valueUrl', 'valueOid', 'valueUuid']);
const NARRATIVE_LINK = /(\s(?:href|src)\s*=\s*)(?:"([^"]*)"|'([^']*)')/g;

/** Undefined for fragments (`#p`), `urn:` names, conditional references and what is no reference at all. */
export function readReference(text: unknown): LiteralReference | undefined {
  if (typeof text !== 'string' || text.length > MAX_LITERAL_CHARS) return undefined;
  const [, base, type, id, version] = LITERAL.exec(text) ?? [];
  if (type === undefined || id === undefined) return undefined;
  return { type, id, ...(version ? { version } : {}), ...(base ? { base } : {}) };
}

/** Every `Reference.reference` of the resource, contained ones' included, each once, in order of appearance. */
export function referencesOf(resource: Resource): string[] {
  const found = new Set<string>();
  visit(resource, (name, text) => {
    if (name === 'reference') found.add(text);
  });
  return [...found];
}

/** The references that are searches, such as `Patient?identifier=…`, to be resolved before the resource is stored. */
export function conditionalReferences(resource: Resource): string[] {
  return referencesOf(resource).filter((text) => CONDITIONAL.test(text));
}

/**
 * A copy in which every link that has a name in `names` is what `names` says: `urn:uuid:…` → `Patient/17`. A link to a version of
 * something renamed loses the version, which belonged to the old name.
 */
export function rewriteReferences(resource: Resource, names: ReadonlyMap<string, string>): Resource {
  const copy = copyJson(resource);
  if (names.size > 0) rewriteLinks(copy, (link) => names.get(link) ?? names.get(withoutVersion(link)));
  return copy;
}

/** A copy in which absolute URLs below our own base are relative, so that one resource has one name. */
export function localReferences(resource: Resource, base: string): Resource {
  const copy = copyJson(resource);
  rewriteLinks(copy, (link) => {
    const target = readReference(link);
    return target?.base === base ? link.slice(base.length + 1) : undefined;
  });
  return copy;
}

function withoutVersion(link: string): string {
  const at = link.indexOf('/_history/');
  return at < 0 ? link : link.slice(0, at);
}

type Rename = (link: string) => string | undefined;

function rewriteLinks(root: object, rename: Rename): void {
  visit(root, (name, text, container) => {
    const replacement = LINKS.has(name) ? rename(text) : name === 'div' ? narrative(text, rename) : undefined;
    if (replacement !== undefined && replacement !== text) container[name] = replacement;
  });
}

function narrative(div: string, rename: Rename): string {
  return div.replace(NARRATIVE_LINK, (whole, attribute: string, double?: string, single?: string) => {
    const link = rename(double ?? single ?? '');
    return link === undefined ? whole : `${attribute}"${link}"`;
  });
}

type OnText = (name: string, text: string, container: Record<string, unknown>) => void;

function visit(value: unknown, onText: OnText): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const member of value) visit(member, onText);
    return;
  }
  const container = value as Record<string, unknown>;
  for (const name of Object.keys(container)) {
    const member = container[name];
    if (typeof member === 'string') onText(name, member, container);
    else visit(member, onText);
  }
}
