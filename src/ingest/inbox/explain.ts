// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../../fhir/resource.ts';
import type { Conversion } from '../../normalize/convert.ts';

/** A conversion with its reasons, as a FHIR Parameters resource: the Bundle, where each element came from, and what no row took. */
export function explained(conversion: Conversion): Resource {
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'bundle', resource: conversion.bundle },
      ...conversion.origins.map((origin) => ({
        name: 'origin',
        part: [
          text('resource', origin.resource),
          text('path', origin.path),
          text('field', origin.field),
          text('row', origin.row),
        ],
      })),
      ...conversion.unmapped.map(({ segment, sequence, field, repetition }) => ({
        name: 'unmapped',
        part: [
          text('segment', segment),
          whole('sequence', sequence),
          whole('field', field),
          whole('repetition', repetition),
        ],
      })),
      ...conversion.issues.map((issue) => text('issue', issue.diagnostics)),
    ],
  };
}

const text = (name: string, valueString: string) => ({ name, valueString });
const whole = (name: string, valueInteger: number) => ({ name, valueInteger });
