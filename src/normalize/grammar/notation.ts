// SPDX-License-Identifier: Apache-2.0
import { MappingError } from '../errors.ts';

/** A place in a message structure where a segment or a group of segments may stand. */
export interface Position {
  readonly name: string;
  readonly optional: boolean;
  readonly repeats: boolean;
  /** Of a group; absent for a segment. */
  readonly children?: readonly Position[];
  readonly parent: Position | undefined;
  /** Which child of its parent, from 0. */
  readonly index: number;
  /** Of a group: where a segment goes on from a place in it, found once and remembered. */
  readonly moves: Map<string, unknown>;
}

interface Draft {
  name: string;
  optional: boolean;
  repeats: boolean;
  children?: Draft[];
}

const TOKEN = /[[\]{}()]|[A-Z][A-Z0-9_]*:?/g;
const CLOSING: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')' };

/**
 * Reads the notation of HL7 v2 §2.12: `[ ]` optional, `{ }` repeating. A group names itself at its beginning, `[{VISIT: PV1 [PV2]}]`;
 * one that is neither optional nor repeating stands in round brackets.
 */
export function readGrammar(name: string, text: string): Position {
  const tokens = text.match(TOKEN) ?? [];
  let next = 0;

  function items(end: string | undefined): Draft[] {
    const found: Draft[] = [];
    while (next < tokens.length && tokens[next] !== end) found.push(item());
    if (end !== undefined && tokens[next++] !== end)
      throw new MappingError(`grammar of ${name}: ${end} is missing`);
    return found;
  }

  function item(): Draft {
    const token = tokens[next++]!;
    const closing = CLOSING[token];
    if (closing !== undefined) return bracket(token, closing);
    if (!/^[A-Z]/.test(token)) throw new MappingError(`grammar of ${name}: ${token} is out of place`);
    return { name: token, optional: false, repeats: false };
  }

  function bracket(opening: string, closing: string): Draft {
    const group = tokens[next]?.endsWith(':') ? tokens[next++]!.slice(0, -1) : undefined;
    const inner = items(closing);
    const draft: Draft | undefined =
      group === undefined ? inner[0] : { name: group, optional: false, repeats: false, children: inner };
    if (!draft || (group === undefined && inner.length > 1)) {
      throw new MappingError(`grammar of ${name}: a group needs a name, as in [{VISIT: PV1 [PV2]}]`);
    }
    if (opening === '[') draft.optional = true;
    if (opening === '{') draft.repeats = true;
    return draft;
  }

  const children = items(undefined);
  if (next < tokens.length) throw new MappingError(`grammar of ${name}: ${tokens[next]} is out of place`);
  return finish({ name, optional: false, repeats: false, children }, undefined, 0);
}

function finish(draft: Draft, parent: Position | undefined, index: number): Position {
  const children: Position[] = [];
  const { name, optional, repeats } = draft;
  const position: Position = {
    name,
    optional,
    repeats,
    parent,
    index,
    moves: new Map(),
    ...(draft.children ? { children } : {}),
  };
  for (const [at, child] of (draft.children ?? []).entries()) children.push(finish(child, position, at));
  return position;
}

/** The positions whose path, `GROUP.GROUP.SEGMENT`, ends like this; a `!` behind it is no part of it. */
export function positionsOf(root: Position, suffix: string): Position[] {
  const wanted = suffix.replace(/!$/, '').split('.').reverse();
  const found: Position[] = [];
  const visit = (position: Position) => {
    let at: Position | undefined = position;
    const fits = wanted.every((name) => {
      const same = at?.name === name;
      at = at?.parent;
      return same;
    });
    if (fits) found.push(position);
    for (const child of position.children ?? []) visit(child);
  };
  visit(root);
  return found;
}
