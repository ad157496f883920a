// SPDX-License-Identifier: Apache-2.0

/** What a program that has read every value of a message has seen. */
export interface Tally {
  readonly values: number;
  readonly characters: number;
}

/** One library's way from the bytes of a message to its values. */
export interface Parser<P = unknown> {
  readonly name: string;
  parse(bytes: Buffer): P;
  /** Hands every value below MSH-2 to `see`, the empty ones too: subcomponents where there are any, else components. */
  read(parsed: P, see: (value: string) => void): void;
  segments(parsed: P): number;
  /** PID-5.1 by the library's own way of asking. */
  family(parsed: P): string;
}

export function tally<P>(parser: Parser<P>, parsed: P): Tally {
  let values = 0;
  let characters = 0;
  parser.read(parsed, (value) => {
    if (value === '') return;
    values++;
    characters += value.length;
  });
  return { values, characters };
}
