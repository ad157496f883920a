// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module';
import { Ajv, type ErrorObject, type SchemaValidateFunction } from 'ajv';
import { isCalendarDate } from '../search/dates.ts';
import { elementRules } from './element.ts';
import type { Members } from './invariants.ts';
import { fhirSchema } from './schema.ts';

/** What the schema and the rules of elements find; empty: valid. */
export type Validator = (resource: unknown) => readonly ErrorObject[];

const SCHEMA_ID = 'fhir';
const BASE64 = /^[0-9A-Za-z+/]*={0,2}$/;

/** Validators of one kind: those that stop at the first error, or those that find all. Compiled when a type is first met. */
export class ValidatorSet {
  readonly #ajv: Ajv;
  readonly #validators = new Map<string, Validator>();

  constructor(allErrors: boolean) {
    // The schema's patterns escape what Unicode mode doesn't let be escaped.
    this.#ajv = new Ajv({
      allErrors,
      strict: false,
      unicodeRegExp: false,
      meta: false,
      validateSchema: false,
    });
    const draft6 = createRequire(import.meta.url)('ajv/dist/refs/json-schema-draft-06.json') as object;
    this.#ajv.addMetaSchema(draft6);
    for (const name of ['date', 'dateTime', 'instant']) this.#ajv.addFormat(name, isRealDate);
    this.#ajv.addFormat('base64Binary', isBase64);
    this.#addElementKeyword();
    this.#addResourceKeyword();
    this.#ajv.addSchema({ definitions: fhirSchema().definitions }, SCHEMA_ID);
  }

  /** The validator of a resource type that FHIR R4 knows. */
  of(type: string): Validator {
    const known = this.#validators.get(type);
    if (known) return known;
    const validate = this.#ajv.compile({ $ref: `${SCHEMA_ID}#/definitions/${type}` });
    const validator: Validator = (resource) => (validate(resource) ? [] : (validate.errors ?? []));
    this.#validators.set(type, validator);
    return validator;
  }

  #addElementKeyword(): void {
    const { choices } = fhirSchema();
    this.#ajv.addKeyword({
      keyword: 'fhirElement',
      type: 'object',
      schemaType: 'string',
      errors: true,
      compile: (name: string) => {
        const rules = elementRules(name, choices.get(name) ?? new Map());
        const check: SchemaValidateFunction = (value: Members) => {
          const findings = rules(value);
          check.errors = findings?.map((finding) => ({ keyword: 'fhirElement', params: finding })) ?? [];
          return findings === undefined;
        };
        return check as (value: Members) => boolean;
      },
    });
  }

  // The schema's own `oneOf` tries all 146 resource types on each contained resource and entry; a look at resourceType says which it is.
  #addResourceKeyword(): void {
    const check: SchemaValidateFunction = (_schema: unknown, value: Members, _parent, context) => {
      const type = value['resourceType'];
      const path = context?.instancePath ?? '';
      if (typeof type !== 'string' || !fhirSchema().resourceTypes.has(type)) {
        check.errors = [{ keyword: 'fhirResource', instancePath: `${path}/resourceType`, params: {} }];
        return false;
      }
      const errors = this.of(type)(value);
      // ajv gives these errors the path of this keyword, so where in the schema they arose goes along as a parameter.
      check.errors = errors.map(({ schemaPath, ...error }) => ({
        ...error,
        instancePath: path + error.instancePath,
        params: { schemaPath, ...error.params },
      }));
      return errors.length === 0;
    };
    this.#ajv.addKeyword({ keyword: 'fhirResource', type: 'object', errors: 'full', validate: check });
  }
}

/** FHIR R4 §2.24.0.1: "Dates SHALL be valid dates", which a pattern can't tell. */
function isRealDate(text: string): boolean {
  const [year, month, day] = text.slice(0, 10).split('-').map(Number);
  return isCalendarDate(year ?? 0, month ?? 1, day ?? 1);
}

// FHIR R4 §2.24.0.1 allows white space anywhere in it. Taken out first: a pattern with it takes quadratic time.
function isBase64(text: string): boolean {
  const letters = text.replace(/\s+/g, '');
  return letters.length % 4 === 0 && BASE64.test(letters);
}
