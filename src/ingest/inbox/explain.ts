// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../../fhir/resource.ts';
import type { Conversion, Normalizer } from '../../normalize/convert.ts';
import { printField } from '../../normalize/output/origins.ts';
import { reportOf } from '../../normalize/output/report.ts';
import type { Message } from '../hl7/message.ts';
import type { Asked } from './asked.ts';

/** What a message would become, in the form that was asked for. Throws Hl7Error when it can't be converted. */
export function dryRun(normalizer: Normalizer, message: Message, asked: Asked): Resource {
  const conversion = normalizer.convert(message, { explain: asked === 'explained' });
  switch (asked) {
    case 'bundle':
      return conversion.bundle;
    case 'report':
      return reportOf(conversion);
    case 'explained':
      return explained(conversion);
  }
}

/**
 * A conversion with its reasons, as a FHIR Parameters resource: the Bundle and the report; for each element its resource, FHIRPath, field
 * (none: the mapping says it of itself) and row; then the values that no row took, which extensions keep, and those a rule leaves out.
 */
export function explained(conversion: Conversion): Resource {
  const { bundle, origins, unmapped, dropped } = conversion;
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'bundle', resource: bundle },
      { name: 'report', resource: reportOf(conversion) },
      ...origins.map(({ resource, path, field, row }) => ({
        name: 'origin',
        part: [
          text('resource', resource),
          text('path', path),
          // FHIR has no empty strings.
          ...(field === '' ? [] : [text('field', field)]),
          text('row', row),
        ],
      })),
      ...unmapped.map((leaf) => ({ name: 'unmapped', part: [text('field', printField(leaf))] })),
      ...dropped.map((leaf) => ({
        name: 'dropped',
        part: [text('field', printField(leaf)), text('rule', leaf.rule)],
      })),
    ],
  };
}

const text = (name: string, valueString: string) => ({ name, valueString });
