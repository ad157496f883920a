// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../../fhir/resource.ts';
import type { Example, Setting } from './example.ts';
import { nodesAt, openBundle, textsBelow } from './find.ts';
import type { Guide, GuideMap, GuideMessage, GuidePosition, GuideUse } from './guide.ts';
import { type Marker, markerOf } from './marker.ts';
import { type FieldValue, smallestMessage } from './smallest.ts';

/** What became of one row of the guide in one message. */
export interface Finding {
  /** `ADT_A01` */
  readonly message: string;
  /** The guide's: `PID[Patient]`, and the line of its table. */
  readonly map: string;
  readonly row: string;
  /** Where it has to be found. */
  readonly path: string;
  /** At its path; somewhere else in the Bundle; nowhere; or the conversion failed. */
  readonly result: 'right' | 'elsewhere' | 'lost' | 'failed';
  /** The smallest message that was tried. */
  readonly sent: string;
  readonly error?: string;
}

/** Converts the text of a message to a Bundle, as a site that made these choices. May throw. */
export type Convert = (message: string, choices: Readonly<Record<string, string>>) => Resource;

/** Tries every row of the guide in every message that it is reachable from: sends a marker and looks for it where the row says. */
export function* probeGuide(guide: Guide, convert: Convert): Generator<Finding> {
  for (const message of guide.messages) {
    for (const position of message.positions) {
      for (const { map, settings, choices } of position.maps) {
        const found = guide.segments.get(map);
        if (!found) throw new Error(`the guide has no map ${map}`);
        for (const example of found.rows) {
          if (example.notIn.includes(message.name)) continue;
          const asked = { ...example, choices: { ...choices, ...example.choices } };
          yield probe(
            { message, position, map: found, type: found.type, example: asked, given: settings },
            convert,
          );
        }
      }
    }
  }
  for (const map of guide.datatypes.values()) yield* probeDatatype(guide, map, convert);
}

interface Case {
  readonly message: GuideMessage;
  readonly position: GuidePosition;
  readonly map: GuideMap;
  readonly type: string;
  readonly example: Example;
  readonly given: readonly Setting[];
}

function* probeDatatype(guide: Guide, map: GuideMap, convert: Convert): Generator<Finding> {
  const hosted = hostOf(guide, map);
  if (!hosted) return;
  const place = placeOf(guide, hosted.segmentMap);
  if (!place) return;
  const { type } = guide.segments.get(hosted.segmentMap)!;
  for (const example of map.rows) {
    const within = ({ field, ...rest }: Setting): Setting =>
      field.includes('-') ? { field, ...rest } : { field: fieldWithin(hosted.field, field), ...rest };
    const moved: Example = {
      ...example,
      path: join(hosted.path, example.path),
      settings: example.settings.map(within),
      choices: { ...place.choices, ...hosted.choices, ...example.choices },
    };
    const given = [...place.settings, ...hosted.settings.map(within)];
    yield probe({ ...place, map, type, example: moved, given }, convert);
  }
}

/** `XPN.1.2` in `PID-5` is `PID-5.1.2`; in `PID-5.1` (an FN) `FN.2` is `PID-5.1.2`. */
function fieldWithin(host: string, component: string): string {
  const [, ...parts] = component.split('.');
  return [host, ...parts].join('.').split('.').slice(0, 3).join('.');
}

function join(host: string, path: string): string {
  const rest = path.replace(/^\$(?:value|this)\.?/, '');
  if (rest === '') return host;
  if (host === '$this') return rest;
  // Into the last reference: the path goes on in the resource that it leads to.
  const closed = /^(.*?)(\)+)$/.exec(host);
  return closed ? `${closed[1]}.${rest}${closed[2]}` : `${host}.${rest}`;
}

interface Hosted {
  readonly field: string;
  readonly segmentMap: string;
  readonly path: string;
  readonly settings: readonly Setting[];
  readonly choices: Readonly<Record<string, string>>;
}

/** The segment's field that has the data type, perhaps as a part of another. */
function hostOf(guide: Guide, { host }: GuideMap): Hosted | undefined {
  if (!host) return undefined;
  if (guide.segments.has(host.map)) return { ...host, segmentMap: host.map };
  const outer = guide.datatypes.get(host.map);
  const around = outer && hostOf(guide, outer);
  return (
    around && {
      field: fieldWithin(around.field, host.field),
      segmentMap: around.segmentMap,
      path: join(around.path, host.path),
      settings: [...around.settings, ...host.settings],
      choices: { ...around.choices, ...host.choices },
    }
  );
}

function placeOf(
  guide: Guide,
  map: string,
): ({ message: GuideMessage; position: GuidePosition } & Omit<GuideUse, 'map'>) | undefined {
  for (const message of guide.messages) {
    for (const position of message.positions) {
      const use = position.maps.find((each) => each.map === map);
      if (use) return { message, position, settings: use.settings, choices: use.choices };
    }
  }
  return undefined;
}

function probe({ message, position, map, example, given, ...of }: Case, convert: Convert): Finding {
  const type = example.type ?? of.type;
  const { row, path, settings, choices } = example;
  const event = message.events[0]!;
  const expected = example.expected?.replaceAll('{event}', event);
  const number = (Number(row) * 7 + map.name.length * 61) % 9000;
  const marker = markerOf(settings[0]?.type ?? 'ST', number);
  // What the example asks for goes over what its place needs.
  const needed = given.filter((each) => !settings.some(({ field }) => field === each.field));
  const values = [
    ...settings.map((setting, index) => fieldValue(setting, number + index, marker)),
    ...needed.map((setting) => fieldValue(setting, number + 9, marker)),
  ];
  const sent = smallestMessage(message, `${event}^${message.name}`, position, values);
  const finding = { message: message.name, map: map.name, row, path: `${type}.${path}`, sent };
  const isIn = (texts: ReadonlySet<string>) =>
    expected === undefined ? marker.isIn(texts) : texts.has(expected);
  try {
    const found = openBundle(convert(sent, choices));
    const nodes = nodesAt(found, type, path);
    if (expected === '*' ? nodes.length > 0 : isIn(textsBelow(found, nodes)))
      return { ...finding, result: 'right' };
    const everything = found.resources.map((value) => ({ value }));
    return { ...finding, result: isIn(textsBelow(found, everything)) ? 'elsewhere' : 'lost' };
  } catch (error) {
    return { ...finding, result: 'failed', error: (error as Error).message };
  }
}

function fieldValue({ field, type = 'ST', value }: Setting, number: number, marker: Marker): FieldValue {
  if (value !== undefined) return { field, value: value.replaceAll('{marker}', marker.written) };
  const { written } = markerOf(type, number);
  // What are components of a field are subcomponents of a component, which have no parts.
  const depth = field.split('.').length;
  const within = depth === 1 ? written : depth === 2 ? written.replaceAll('^', '&') : written.split('^')[0]!;
  return { field, value: within };
}
