// SPDX-License-Identifier: Apache-2.0
import { MappingError } from '../errors.ts';

/**
 * One row of the guide as an example: what to write into a message, and where it has to be found.
 *
 *     path < FIELD TYPE [& FIELD = value | & FIELD TYPE …] [> expected]
 *
 * `& $name = yes` asks for a choice of the site; `& not ADT_A11` doesn't hold in that message, where another map of the guide says otherwise.
 * `{event}` in what is expected is that of the message, `ADT^A01`.
 */
export interface Example {
  /** Line of the guide's table. */
  readonly row: string;
  /** From the resource, or from the element that a data type becomes: `contact(Organization.name)` goes through a reference. */
  readonly path: string;
  /** Where it isn't the type of the map: `RelatedPerson: name < …`. */
  readonly type?: string;
  readonly settings: readonly Setting[];
  /** Messages in which it isn't tried. */
  readonly notIn: readonly string[];
  /** By name, `yes` or `no`: what the site has to decide for the row to hold. */
  readonly choices: Readonly<Record<string, string>>;
  /** Absent: the marker that the first setting writes. `*`: any value. */
  readonly expected?: string;
}

/** `PID-5 XPN` writes a marker in the shape of the type; `PID-8 = F` that value. */
export interface Setting {
  /** `PID-5`, `PID-5.1`, in data types `XPN.1` or `XPN.1.2`. */
  readonly field: string;
  readonly type?: string;
  readonly value?: string;
}

const SETTING = /^([A-Z][A-Z0-9]{0,2}[-.]\d+(?:\.\d+){0,2})(?: ([A-Z]{2,4})|(?: =(?: (.*))?))?$/;

export function readExample(row: string, text: string): Example {
  const [, type, path, given = '', expected] =
    /^(?:([A-Z]\w+): )?([^<>]+?)(?: < (.*?))?(?: > (.*))?$/.exec(text) ?? [];
  if (path === undefined) throw new MappingError(`row ${row}: ${text} is not: path < field [> expected]`);
  const parts = given === '' ? [] : given.split(' & ');
  const settings = parts.filter((part) => !/^(\$|not )/.test(part)).map((part) => readSetting(part, row));
  const notIn = parts.filter((part) => part.startsWith('not ')).map((part) => part.slice(4));
  const choices = readChoices(parts);
  return {
    ...{ row, path, settings, choices, notIn },
    ...(type === undefined ? {} : { type }),
    ...(expected === undefined ? {} : { expected }),
  };
}

/** Those of the parts that ask for a choice: `$name = yes`. */
export function readChoices(parts: readonly string[]): Record<string, string> {
  const asked = parts.filter((part) => part.startsWith('$'));
  return Object.fromEntries(asked.map((part) => part.slice(1).split(' = ')));
}

export function readSetting(text: string, row: string): Setting {
  const [, field, type, value] = SETTING.exec(text.trim()) ?? [];
  if (field === undefined) throw new MappingError(`row ${row}: ${text} is no field with a type or a value`);
  if (type !== undefined) return { field, type };
  return { field, ...(value === undefined ? { type: 'ST' } : { value }) };
}
