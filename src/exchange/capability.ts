// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../fhir/resource.ts';
import { COMMON, SEARCH_PARAMETERS, type SearchParameter } from '../fhir/search/parameters.ts';
import type { Definition, Interaction } from './interaction.ts';

/** `/fhir/metadata`: what the registries of interactions and search parameters say, in FHIR's words. */
export function capabilityStatement(
  interactions: readonly Interaction[],
  baseUrl: string,
  date: string,
): Resource {
  const definitions = interactions.map(({ definition }) => definition);
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date,
    kind: 'instance',
    software: { name: 'Mooring' },
    implementation: {
      description: 'A Mooring bridge: records are shown with consent only',
      url: `${baseUrl}/fhir`,
    },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'json'],
    rest: [
      {
        mode: 'server',
        security: security(baseUrl),
        resource: Object.entries(SEARCH_PARAMETERS)
          .sort(([one], [other]) => (one < other ? -1 : 1))
          .map(([type, parameters]) => resource(type, parameters, definitions)),
        interaction: codes(definitions, 'system').map((code) => ({ code })),
      },
    ],
  };
}

// AuditEvents are written by the bridge itself, and a Consent is ended by an update.
const NOT_OFFERED: Readonly<Record<string, readonly string[]>> = {
  AuditEvent: ['create', 'update', 'delete'],
  Consent: ['delete'],
};

function resource(
  type: string,
  parameters: readonly SearchParameter[],
  definitions: readonly Definition[],
): unknown {
  const refused = NOT_OFFERED[type] ?? [];
  const writable = type !== 'AuditEvent';
  const operation = definitions.flatMap((each) =>
    'operation' in each && (each.types === undefined || each.types.includes(type))
      ? [{ name: each.operation, definition: each.url }]
      : [],
  );
  return {
    type,
    interaction: codes(definitions, 'type')
      .filter((code) => !refused.includes(code))
      .map((code) => ({ code })),
    versioning: 'versioned-update',
    readHistory: true,
    ...(writable
      ? {
          updateCreate: true,
          conditionalCreate: type !== 'Consent',
          conditionalRead: 'full-support',
          conditionalUpdate: type !== 'Consent',
          conditionalDelete: 'not-supported',
        }
      : {}),
    searchParam: [...COMMON, ...parameters].map(({ name, kind }) => ({ name, type: kind })),
    operation,
  };
}

function codes(definitions: readonly Definition[], level: 'type' | 'system'): string[] {
  return definitions.flatMap((each) =>
    'interactions' in each && each.level === level ? each.interactions : [],
  );
}

function security(baseUrl: string): unknown {
  return {
    cors: false,
    service: [
      {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR' },
        ],
        text: 'SMART Backend Services',
      },
    ],
    extension: [
      {
        url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
        extension: [{ url: 'token', valueUri: `${baseUrl}/oauth2/token` }],
      },
    ],
  };
}
