// SPDX-License-Identifier: Apache-2.0
import { printJson } from '../fhir/json.ts';
import { type Issue, operationOutcome } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';

/**
 * Text that may leave. There are two ways to come by it: `disclose.ts` makes it of records, once consent permits and the AuditEvent is
 * durable; this file makes it of what the bridge says itself. What isn't `Clear` can't be sent: it doesn't compile.
 */
export type Clear = string & { readonly __brand: 'clear' };

/** Words of the bridge's own: outcomes, capabilities, reports. Never give it a resource of the store. */
export function ownWords(resource: Resource): Clear {
  return printJson(resource) as Clear;
}

export function outcomeText(issues: readonly Issue[]): Clear {
  return ownWords(operationOutcome(issues));
}

/** JSON of own making around parts that are already clear, which are put in as they are: nothing is parsed again. */
export function compose(parts: readonly (Clear | OwnJson)[]): Clear {
  return parts.join('') as Clear;
}

/** A piece of JSON text that the bridge wrote: punctuation, a link, an entry's `response`. */
export type OwnJson = string & { readonly __brand: 'own-json' };

export function own(text: string): OwnJson {
  return text as OwnJson;
}

export function ownJson(value: unknown): OwnJson {
  return JSON.stringify(value) as OwnJson;
}
