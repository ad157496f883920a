// SPDX-License-Identifier: Apache-2.0
import type { Issue } from '../fhir/outcome.ts';
import { type Clear, compose, type OwnJson, outcomeText, own, ownJson } from './clear.ts';
import type { Disclosed } from './disclose.ts';
import { versionTag } from './http/send.ts';

export interface Links {
  readonly self: string;
  readonly next?: string;
}

/** A page of a search: no total, which would count what the caller may not see. Warnings are an entry of mode `outcome` (FHIR R4 §3.1.1.1). */
export function searchset(
  found: readonly Disclosed[],
  links: Links,
  base: string,
  warnings: readonly Issue[] = [],
): Clear {
  const entries = found.map((each) => [
    own(`{"fullUrl":${ownJson(`${base}/${each.type}/${each.id}`)},"resource":`),
    each.text,
    own(',"search":{"mode":"match"}}'),
  ]);
  const outcome =
    warnings.length === 0
      ? []
      : [[own('{"resource":'), outcomeText(warnings), own(',"search":{"mode":"outcome"}}')]];
  return bundle('searchset', [...entries, ...outcome], links);
}

/** Versions, newest first. What was deleted is told by its request, without a resource (FHIR R4 §3.1.0.12). */
export function historyBundle(versions: readonly Disclosed[], links: Links, base: string): Clear {
  const entries = versions.map((each) => {
    const method = each.deleted ? 'DELETE' : each.version === 1 ? 'POST' : 'PUT';
    const url = method === 'POST' ? each.type : `${each.type}/${each.id}`;
    const response = {
      status: each.deleted ? '204' : '200',
      etag: versionTag(each.version),
      lastModified: each.updated,
    };
    return [
      own(`{"fullUrl":${ownJson(`${base}/${each.type}/${each.id}`)},`),
      ...(each.deleted ? [] : [own('"resource":'), each.text, own(',')]),
      own(`"request":${ownJson({ method, url })},"response":${ownJson(response)}}`),
    ];
  });
  return bundle('history', entries, links);
}

/** Answers in the order of the request's entries. */
export function responseBundle(
  type: 'transaction-response' | 'batch-response',
  entries: readonly { readonly response: unknown; readonly resource?: Clear; readonly outcome?: Clear }[],
): Clear {
  return bundle(
    type,
    entries.map(({ response, resource, outcome }) => [
      own('{'),
      ...(resource === undefined ? [] : [own('"resource":'), resource, own(',')]),
      ...(outcome === undefined
        ? [own(`"response":${ownJson(response)}}`)]
        : [own(`"response":${ownJson(response).slice(0, -1)},"outcome":`), outcome, own('}}')]),
    ]),
  );
}

function bundle(type: string, entries: readonly (readonly (Clear | OwnJson)[])[], links?: Links): Clear {
  const link = links && [
    { relation: 'self', url: links.self },
    ...(links.next === undefined ? [] : [{ relation: 'next', url: links.next }]),
  ];
  const head = own(
    `{"resourceType":"Bundle","type":${ownJson(type)}${link ? `,"link":${ownJson(link)}` : ''}`,
  );
  // An empty list is no list in FHIR.
  if (entries.length === 0) return compose([head, own('}')]);
  const listed = entries.flatMap((parts, index) => (index === 0 ? parts : [own(','), ...parts]));
  return compose([head, own(',"entry":['), ...listed, own(']}')]);
}
