// SPDX-License-Identifier: Apache-2.0
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml';

/** Something wrong in a mapping file, at a line (from 1). */
export interface Problem {
  /** `segments/PID-Patient.yaml` */
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** Keys from the top of a file down to what is meant: `['rows', 'names']`. */
export type Keys = readonly (string | number)[];

/** One mapping file, whose values know their lines. */
export class Source {
  readonly file: string;
  readonly problems: Problem[] = [];
  /** What the file says; an empty one says `{}`. */
  readonly value: unknown;
  readonly #document: Document;
  readonly #lines = new LineCounter();

  constructor(file: string, text: string) {
    this.file = file;
    // Failsafe: every scalar is text, as when mappings are opened.
    this.#document = parseDocument(text, { schema: 'failsafe', lineCounter: this.#lines });
    for (const { message, pos } of this.#document.errors)
      this.#add(this.#lines.linePos(pos[0]).line, message.split(/ at line \d+/)[0]!);
    this.value = this.#document.toJS() ?? {};
  }

  /** Says what is wrong with what the keys lead to. */
  report(keys: Keys, message: string): void {
    this.#add(this.lineOf(keys), message);
  }

  /** The line of a key, or of the member of a list. */
  lineOf(keys: Keys): number {
    let node: unknown = this.#document.contents;
    let at = 0;
    for (const key of keys) {
      const next = isMap(node)
        ? node.items.find((pair) => isScalar(pair.key) && pair.key.value === key)
        : undefined;
      const found: unknown = next ?? (node as { items?: unknown[] } | null)?.items?.[Number(key)];
      if (found === undefined) break;
      const start = isPair(found) ? found.key : found;
      if (isNode(start) && start.range) at = start.range[0];
      node = isPair(found) ? found.value : found;
    }
    return this.#lines.linePos(at).line;
  }

  #add(line: number, message: string): void {
    const { file, problems } = this;
    if (!problems.some((known) => known.line === line && known.message === message))
      problems.push({ file, line, message });
  }
}
