// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FhirError } from '../../../src/fhir/outcome.ts';
import type { Resource } from '../../../src/fhir/resource.ts';
import { rangeOf } from '../../../src/fhir/search/dates.ts';
import { indexResource } from '../../../src/fhir/search/indexing.ts';
import { matches } from '../../../src/fhir/search/matches.ts';
import { COMMON, SEARCH_PARAMETERS } from '../../../src/fhir/search/parameters.ts';
import { parseSearch } from '../../../src/fhir/search/parse.ts';

const system = fc.option(fc.constantFrom('http://loinc.org', 'urn:a', 'urn:a|b'), { nil: undefined });
const code = fc.constantFrom('a', 'b', 'b|c', 'A', 'a,b', '\\', '$');
const coding = fc.record({ system, code });
const escaped = (text: string) => text.replace(/[\\,$|]/g, '\\$&');

describe('search: laws', () => {
  test('a token search agrees with a plain reading of the codings', () => {
    const asked = fc.record({
      system: fc.option(fc.constantFrom('http://loinc.org', 'urn:a', 'urn:a|b', ''), { nil: undefined }),
      code,
    });
    fc.assert(
      fc.property(
        fc.array(coding, { maxLength: 3 }),
        fc.array(asked, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        (codings, alternatives, not) => {
          const resource: Resource = { resourceType: 'Observation', code: { coding: codings } };
          const value = alternatives
            .map((one) => (one.system === undefined ? '' : `${escaped(one.system)}|`) + escaped(one.code))
            .join(',');
          const plain = codings.some((has) =>
            alternatives.some(
              (one) =>
                has.code === one.code && (one.system === undefined || (has.system ?? '') === one.system),
            ),
          );
          const { search } = parseSearch('Observation', [[not ? 'code:not' : 'code', value]]);
          assert.equal(matches(resource, search), plain !== not);
        },
      ),
      { numRuns: 500 },
    );
  });

  const pad = (value: number, width = 2) => String(value).padStart(width, '0');
  const fhirDate = fc
    .tuple(
      fc.integer({ min: 2019, max: 2021 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 28 }),
      fc.integer({ min: 0, max: 23 }),
      fc.integer({ min: 0, max: 59 }),
      fc.constantFrom('Z', '+02:00', '-11:30'),
      fc.integer({ min: 0, max: 5 }),
    )
    .map(
      ([year, month, day, hour, minute, zone, precision]) =>
        [
          pad(year, 4),
          `${pad(year, 4)}-${pad(month)}`,
          `${pad(year, 4)}-${pad(month)}-${pad(day)}`,
          `${pad(year, 4)}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:07${zone}`,
          `${pad(year, 4)}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:07.5${zone}`,
          `${pad(year, 4)}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:07.123456${zone}`,
        ][precision] as string,
    );

  // First and last millisecond, calculated in another way than the code does: by asking the engine for the next year, month, day.
  function bounds(text: string): [first: number, last: number] {
    const parts = text.split('-').map(Number);
    if (text.length === 4) return [Date.UTC(parts[0] ?? 0, 0, 1), Date.UTC((parts[0] ?? 0) + 1, 0, 1) - 1];
    if (text.length === 7) {
      return [Date.UTC(parts[0] ?? 0, (parts[1] ?? 0) - 1, 1), Date.UTC(parts[0] ?? 0, parts[1] ?? 0, 1) - 1];
    }
    if (text.length === 10) return [Date.parse(text), Date.parse(text) + 86_399_999];
    const first = Date.parse(text.replace(/\.123456/, '.123'));
    return [first, first + (/\.123456/.test(text) ? 0 : /\.5/.test(text) ? 99 : 999)];
  }

  test('a date search agrees with a plain reading of the ranges', () => {
    const comparison = fc.constantFrom('', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb');
    fc.assert(
      fc.property(fhirDate, fhirDate, comparison, (has, asks, prefix) => {
        const [first, last] = bounds(has);
        const [from, to] = bounds(asks);
        const contained = from <= first && last <= to;
        const plain = {
          '': contained,
          eq: contained,
          ne: !contained,
          gt: last > to,
          lt: first < from,
          ge: last > to || contained,
          le: first < from || contained,
          sa: first > to,
          eb: last < from,
        }[prefix];
        const resource: Resource = { resourceType: 'Observation', effectiveDateTime: has };
        const { search } = parseSearch('Observation', [['date', prefix + asks]]);
        assert.equal(matches(resource, search), plain);
      }),
      { numRuns: 1000 },
    );
  });

  test('a range starts before it ends, and its texts compare as its times', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), fhirDate, (noise, date) => {
        for (const text of [
          noise,
          date,
          `${date}${noise}`,
          '0001',
          '9999-12-31',
          '9999-12-31T23:59:60-14:00',
        ]) {
          const range = rangeOf(text);
          if (!range) continue;
          assert.ok(range.start <= range.end);
          assert.equal(new Date(range.start).toISOString(), range.start);
          assert.equal(new Date(range.end).toISOString(), range.end);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('any resource can be indexed, however little it looks like FHIR, and any query is read or refused', () => {
    const names = Object.values(SEARCH_PARAMETERS).flatMap((list) => list.map(({ name }) => name));
    const parameter = fc.tuple(
      fc.constantFrom(...names, ...COMMON.map(({ name }) => name), '_sort', '_count', '_elements'),
      fc.constantFrom('', '', ':not', ':exact', ':Patient', ':identifier', ':', '.', ':missing'),
      fc.string({ unit: 'binary' }),
    );
    const type = fc.constantFrom(...Object.keys(SEARCH_PARAMETERS));
    const elements = Object.values(SEARCH_PARAMETERS).flatMap((list) =>
      list.flatMap((one) => one.elements.map((path) => path.split(/[.(]/)[0] ?? '')),
    );
    const body = fc.dictionary(fc.constantFrom(...elements), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 6 });
    fc.assert(
      fc.property(type, body, fc.array(parameter, { maxLength: 4 }), (resourceType, members, asked) => {
        const resource: Resource = { ...members, resourceType };
        const index = indexResource(resource);
        assert.ok(index.tokens.every((token) => /^[\w:-]+\|/.test(token)));
        try {
          const { search } = parseSearch(
            resourceType,
            asked.map(([name, modifier, value]) => [name + modifier, value] as const),
          );
          matches(resource, search);
        } catch (error) {
          assert.ok(error instanceof FhirError && error.status === 400, String(error));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('every type has one clinical time at most and each parameter once', () => {
    for (const [type, parameters] of Object.entries(SEARCH_PARAMETERS)) {
      const names = parameters.map(({ name }) => name);
      assert.deepEqual(names, [...new Set(names)], type);
      assert.ok(parameters.filter(({ clinical }) => clinical).length <= 1, type);
      for (const { sameAs } of parameters) assert.ok(sameAs === undefined || names.includes(sameAs), type);
    }
  });
});
