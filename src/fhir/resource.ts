// SPDX-License-Identifier: Apache-2.0

/** Any FHIR R4 resource as it travels through the bridge: parsed by `fhir/json.ts`, checked at the door by `fhir/validate.ts`. */
export interface Resource {
  readonly resourceType: string;
  id?: string;
  meta?: Meta;
  [element: string]: unknown;
}

export interface Meta {
  versionId?: string;
  lastUpdated?: string;
  source?: string;
  profile?: string[];
  security?: Coding[];
  tag?: Coding[];
}

export interface Coding {
  system?: string;
  code?: string;
  display?: string;
}

/** Base of the URLs of our own extensions, operations and code systems. `.example` is reserved (RFC 2606): nobody else's name. */
export const MOORING_BASE = 'https://mooring.example/fhir';
