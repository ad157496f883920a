// SPDX-License-Identifier: Apache-2.0
import { FhirError, type IssueCode } from './outcome.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SURROGATE_FIRST = 0xd800;
const SURROGATE_LAST = 0xdfff;
const LONE_SURROGATE = /\p{Surrogate}/u;
const ESCAPES: Record<string, string> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const HEX4 = /^[0-9a-fA-F]{4}$/;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Told of each number whose literal would not print back the same. */
type Remember = (container: object, key: string | number, literal: string) => void;

/** Reads one JSON text (RFC 8259) by recursive descent; the depth limit bounds the recursion. One reader reads one text. */
export class JsonReader {
  readonly #text: string;
  readonly #remember: Remember;
  readonly #limits: { readonly depth: number; readonly sizeChars: number };
  #at = 0;
  #depth = 0;
  #literal: string | undefined;

  constructor(
    text: string,
    remember: Remember,
    limits: { readonly depth: number; readonly sizeChars: number },
  ) {
    this.#text = text;
    this.#remember = remember;
    this.#limits = limits;
  }

  read(): unknown {
    if (this.#text.length > this.#limits.sizeChars) {
      throw FhirError.of(
        400,
        'too-long',
        `the JSON text is longer than ${this.#limits.sizeChars} characters`,
      );
    }
    this.#skipSpace();
    const value = this.#value();
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#error('nothing may follow the JSON value');
    return value;
  }

  #value(): unknown {
    this.#literal = undefined;
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x7b:
        return this.#object();
      case 0x5b:
        return this.#array();
      case QUOTE:
        return this.#string();
      case 0x74:
        return this.#word('true', true);
      case 0x66:
        return this.#word('false', false);
      case 0x6e:
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #object(): Record<string, unknown> {
    this.#open();
    const object: Record<string, unknown> = {};
    if (this.#closed(0x7d)) return object;
    do {
      this.#skipSpace();
      const start = this.#at;
      if (this.#text.charCodeAt(start) !== QUOTE) throw this.#error('expected an element name in quotes');
      const name = this.#string();
      // Two members of one name mean different things to different readers: what was checked must be what is stored.
      if (object[name] !== undefined && Object.hasOwn(object, name)) {
        throw this.#error('an element name occurs twice in one object', 'structure', start);
      }
      if (name === '__proto__') throw this.#error('an element name is not allowed', 'structure', start);
      this.#skipSpace();
      if (this.#text.charCodeAt(this.#at) !== 0x3a) throw this.#error('expected a colon');
      this.#at++;
      this.#skipSpace();
      const value = this.#value();
      object[name] = value;
      if (this.#literal !== undefined) this.#keep(object, name);
      this.#skipSpace();
    } while (this.#more(0x7d));
    return object;
  }

  #array(): unknown[] {
    this.#open();
    const array: unknown[] = [];
    if (this.#closed(0x5d)) return array;
    do {
      this.#skipSpace();
      array.push(this.#value());
      if (this.#literal !== undefined) this.#keep(array, array.length - 1);
      this.#skipSpace();
    } while (this.#more(0x5d));
    return array;
  }

  #open(): void {
    if (++this.#depth > this.#limits.depth) {
      throw this.#error(`nested deeper than ${this.#limits.depth} levels`, 'too-long');
    }
    this.#at++;
    this.#skipSpace();
  }

  #closed(end: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== end) return false;
    this.#at++;
    this.#depth--;
    return true;
  }

  #more(end: number): boolean {
    if (this.#text.charCodeAt(this.#at) === 0x2c) {
      this.#at++;
      return true;
    }
    if (this.#closed(end)) return false;
    throw this.#error('expected a comma or the end of the object or array');
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at + 1;
    let at = start;
    let surrogates = false;
    for (; ; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) return this.#escapedString(start, at);
      // NaN, the end of the text, fails this comparison too.
      if (!(code >= 0x20))
        throw this.#error('a string is not closed or has a control character', 'invalid', at);
      if (code >= SURROGATE_FIRST && code <= SURROGATE_LAST) surrogates = true;
    }
    this.#at = at + 1;
    const value = text.slice(start, at);
    if (surrogates) this.#refuseLoneSurrogate(value, start);
    return value;
  }

  #escapedString(start: number, firstEscape: number): string {
    const text = this.#text;
    let value = text.slice(start, firstEscape);
    let at = firstEscape;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (!(code >= 0x20))
        throw this.#error('a string is not closed or has a control character', 'invalid', at);
      if (code !== BACKSLASH) {
        value += text[at++];
        continue;
      }
      const letter = text[at + 1] ?? '';
      if (letter === 'u') {
        const hex = text.slice(at + 2, at + 6);
        if (!HEX4.test(hex)) throw this.#error('expected four hexadecimal digits after \\u', 'invalid', at);
        value += String.fromCharCode(Number.parseInt(hex, 16));
        at += 6;
      } else {
        const escaped = ESCAPES[letter];
        if (escaped === undefined) throw this.#error('unknown escape in a string', 'invalid', at);
        value += escaped;
        at += 2;
      }
    }
    this.#at = at + 1;
    this.#refuseLoneSurrogate(value, start);
    return value;
  }

  // RFC 7493 §2.1: a lone surrogate is no character; UTF-8 can't carry it, so it would not survive the way to the store and back.
  #refuseLoneSurrogate(value: string, start: number): void {
    if (LONE_SURROGATE.test(value)) throw this.#error('a string has half a surrogate pair', 'invalid', start);
  }

  #number(): number {
    NUMBER.lastIndex = this.#at;
    const literal = NUMBER.exec(this.#text)?.[0];
    if (literal === undefined) throw this.#error('expected a JSON value');
    const value = Number(literal);
    if (!Number.isFinite(value)) throw this.#error('a number is out of range');
    this.#at += literal.length;
    if (String(value) !== literal) this.#literal = literal;
    return value;
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#error('expected a JSON value');
    this.#at += word.length;
    return value;
  }

  #keep(container: object, key: string | number): void {
    this.#remember(container, key, this.#literal as string);
    this.#literal = undefined;
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #error(what: string, code: IssueCode = 'invalid', at = this.#at): FhirError {
    return FhirError.of(400, code, `JSON, character ${at}: ${what}`);
  }
}
