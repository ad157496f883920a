// SPDX-License-Identifier: Apache-2.0
import { MappingError } from '../errors.ts';
import { type Example, readChoices, readExample, readSetting, type Setting } from './example.ts';

/** Files of `mappings/guide/`: what HL7's Version 2 to FHIR guide says, row by row, as examples. */
export interface GuideFiles {
  readonly messages: Readonly<Record<string, GuideMessageFile>>;
  readonly segments: Readonly<Record<string, GuideMapFile>>;
  readonly datatypes: Readonly<Record<string, GuideMapFile>>;
  /** By segment: the types of its fields, in order. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface GuideMessageFile {
  /** `ADT^A01 ADT^A04` */
  readonly events: string;
  /** In order: `GROUP.SEG`, `!` when its group needs it, and the maps that the guide has there: `PV1!: PV1[Encounter]; …`. */
  readonly segments: readonly string[];
}

export interface GuideMapFile {
  /** The guide's name of the map: `PID[Patient]`. */
  readonly guide: string;
  /** The resource or type it makes. */
  readonly type: string;
  /** For a data type: `PID-5 of PID[Patient] at name [& FIELD = value]`. */
  readonly host?: string;
  readonly rows?: Readonly<Record<string, string>>;
  /** By row: what is wrong in the guide where the row's path differs from it. */
  readonly corrected?: Readonly<Record<string, string>>;
  /** By row: why it isn't done. */
  readonly 'left-out'?: Readonly<Record<string, string>>;
}

export interface Guide {
  readonly messages: readonly GuideMessage[];
  readonly segments: ReadonlyMap<string, GuideMap>;
  readonly datatypes: ReadonlyMap<string, GuideMap>;
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

export interface GuideMessage {
  readonly name: string;
  readonly events: readonly string[];
  readonly positions: readonly GuidePosition[];
}

export interface GuidePosition {
  readonly groups: readonly string[];
  readonly segment: string;
  readonly required: boolean;
  readonly maps: readonly GuideUse[];
}

/** A map at a position, and what has to be there for it. */
export interface GuideUse {
  readonly map: string;
  readonly settings: readonly Setting[];
  readonly choices: Readonly<Record<string, string>>;
}

export interface GuideMap {
  readonly name: string;
  readonly type: string;
  readonly rows: readonly Example[];
  readonly corrected: ReadonlyMap<string, string>;
  readonly leftOut: ReadonlyMap<string, string>;
  readonly host?: Host;
}

/** A field that has the data type, and where it goes. */
export interface Host {
  readonly field: string;
  readonly map: string;
  readonly path: string;
  readonly settings: readonly Setting[];
  readonly choices: Readonly<Record<string, string>>;
}

/** Throws MappingError naming the row that can't be read. */
export function readGuide(files: GuideFiles): Guide {
  return {
    messages: Object.entries(files.messages).map(([name, file]) => ({
      name,
      events: file.events.split(' '),
      positions: file.segments.map(readPosition),
    })),
    segments: readMaps(files.segments),
    datatypes: readMaps(files.datatypes),
    fields: new Map(Object.entries(files.fields).map(([segment, types]) => [segment, types.split(' ')])),
  };
}

/** The types of a segment's fields, from the first; none for a segment that the guide doesn't map. */
export function typesOf({ fields }: Guide, segment: string): readonly string[] {
  return fields.get(segment) ?? [];
}

function readMaps(files: Readonly<Record<string, GuideMapFile>>): Map<string, GuideMap> {
  return new Map(
    Object.entries(files).map(([name, file]) => {
      try {
        return [file.guide, readMap(file)];
      } catch (error) {
        throw error instanceof MappingError ? error.in(`guide/${name}`) : error;
      }
    }),
  );
}

function readMap(file: GuideMapFile): GuideMap {
  return {
    name: file.guide,
    type: file.type,
    rows: Object.entries(file.rows ?? {}).map(([row, text]) => readExample(row, text)),
    corrected: new Map(Object.entries(file.corrected ?? {})),
    leftOut: new Map(Object.entries(file['left-out'] ?? {})),
    ...(file.host === undefined ? {} : { host: readHost(file.host) }),
  };
}

function readHost(text: string): Host {
  const [, field, map, path, more] = /^(\S+) of (\S+) at (\S+)(?: & (.*))?$/.exec(text) ?? [];
  if (field === undefined) throw new MappingError(`${text} is not: FIELD of MAP at path`);
  const parts = more === undefined ? [] : more.split(' & ');
  const settings = parts.filter((part) => !part.startsWith('$')).map((part) => readSetting(part, 'host'));
  return { field, map: map!, path: path!, settings, choices: readChoices(parts) };
}

function readPosition(text: string): GuidePosition {
  const [, groups = '', segment, required, maps = ''] =
    /^((?:\w+\.)*)([A-Z][A-Z0-9]{2})(!?)(?:: (.*))?$/.exec(text) ?? [];
  if (segment === undefined) throw new MappingError(`guide/messages: ${text} is not: GROUP.SEG[!][: maps]`);
  return {
    groups: groups.split('.').slice(0, -1),
    segment,
    required: required === '!',
    maps: maps === '' ? [] : maps.split('; ').map(readUse),
  };
}

function readUse(text: string): GuideUse {
  const [map, ...parts] = text.split(' & ');
  const settings = parts.filter((part) => !part.startsWith('$')).map((part) => readSetting(part, map!));
  return { map: map!, settings, choices: readChoices(parts) };
}
