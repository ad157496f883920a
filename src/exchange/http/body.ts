// SPDX-License-Identifier: Apache-2.0
import express, { type Request, type RequestHandler } from 'express';
import { parseJson } from '../../fhir/json.ts';
import { FhirError } from '../../fhir/outcome.ts';

export type BodyKind = 'resource' | 'form' | 'none';

const TYPES: Readonly<Record<Exclude<BodyKind, 'none'>, RegExp>> = {
  resource: /^application\/(fhir\+)?json\s*(;|$)/i,
  form: /^application\/x-www-form-urlencoded\s*(;|$)/i,
};
const UTF_8 = /charset\s*=\s*"?(?!utf-?8"?\s*(;|$))/i;

/** Reads the bytes, at most `maxBytes` also when they came compressed. What they mean is for `bodyOf`. */
export function readBytes(maxBytes: number): RequestHandler {
  return express.raw({ type: () => true, limit: maxBytes });
}

/** The parsed resource, or the form's pairs. Never by way of `express.json`, which would round decimals. */
export function bodyOf(request: Request, kind: BodyKind): unknown {
  const bytes: unknown = request.body;
  if (kind === 'none' || !Buffer.isBuffer(bytes) || bytes.length === 0) return undefined;
  const contentType = request.headers['content-type'] ?? '';
  if (!TYPES[kind].test(contentType) || UTF_8.test(contentType)) {
    const expected = kind === 'form' ? 'application/x-www-form-urlencoded' : 'application/fhir+json';
    throw FhirError.of(415, 'not-supported', `Content-Type: expected ${expected}, in UTF-8`);
  }
  const text = decode(bytes);
  return kind === 'form' ? [...new URLSearchParams(text)] : parseJson(text);
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FhirError(
      400,
      [{ severity: 'fatal', code: 'structure', diagnostics: 'the body is not UTF-8' }],
      { cause },
    );
  }
}
