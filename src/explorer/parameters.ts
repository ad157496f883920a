// SPDX-License-Identifier: Apache-2.0
import type { Request } from 'express';
import { ExplorerError } from './errors.ts';

const NUMBER = /^(0|[1-9]\d{0,17})$/;
const MAX_TEXT_CHARS = 255;

/** A parameter of the query, at most once. Throws ExplorerError PARAMETER_INVALID. */
export function textParameter(request: Request, name: string): string | undefined {
  const value: unknown = request.query[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '' || value.length > MAX_TEXT_CHARS)
    throw new ExplorerError(
      'PARAMETER_INVALID',
      `${name}: expected once, with 1 to ${MAX_TEXT_CHARS} characters`,
    );
  return value;
}

export function numberParameter(request: Request, name: string): bigint | undefined {
  const text = textParameter(request, name);
  if (text === undefined) return undefined;
  const number = readNumber(text);
  if (number === undefined) throw new ExplorerError('PARAMETER_INVALID', `${name}: expected a number`);
  return number;
}

/** How many are wanted: from 1 to `most`. */
export function countParameter(request: Request, usual: number, most: number): number {
  const count = numberParameter(request, 'count') ?? BigInt(usual);
  if (count < 1n || count > BigInt(most))
    throw new ExplorerError('PARAMETER_INVALID', `count: expected a number from 1 to ${most}`);
  return Number(count);
}

export function readNumber(text: string): bigint | undefined {
  return NUMBER.test(text) ? BigInt(text) : undefined;
}

/** A link to another page of what was asked for. */
export function pageLink(
  request: Request,
  parameters: Readonly<Record<string, string | number | bigint>>,
): string {
  const query = Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]);
  return `${request.baseUrl}${request.path}?${new URLSearchParams(query)}`;
}
