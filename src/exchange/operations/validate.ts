// SPDX-License-Identifier: Apache-2.0
import { FhirError, type Issue } from '../../fhir/outcome.ts';
import { validateResource } from '../../fhir/validate.ts';
import { type Answer, type Call, type Exchange, mustKnow } from '../call.ts';
import { outcomeText } from '../clear.ts';
import type { Definition } from '../interaction.ts';

export const definition: Definition = {
  operation: 'validate',
  url: 'http://hl7.org/fhir/OperationDefinition/Resource-validate',
  routes: [{ method: 'post', path: '/:type/$validate', body: 'resource' }],
};

/** What `create` would say of the resource, without creating it. Always 200: the outcome is the answer (FHIR R4 §3.2.0.1.2). */
export async function handle(call: Call, _exchange: Exchange): Promise<Answer> {
  mustKnow(call.type);
  const resource = resourceOf(call.body);
  const issues = validateResource(resource);
  const type = (resource as { resourceType?: unknown } | null)?.resourceType;
  const mistyped: Issue[] =
    type === call.type
      ? []
      : [
          {
            severity: 'error',
            code: 'value',
            diagnostics: `resourceType: expected ${call.type}, as in the URL`,
          },
        ];
  const all = [...mistyped, ...issues];
  const fine: Issue = {
    severity: 'information',
    code: 'informational',
    diagnostics: 'the resource is valid',
  };
  return { status: 200, body: outcomeText(all.length > 0 ? all : [fine]) };
}

/** The resource itself, or Parameters with a `resource` in it. */
function resourceOf(body: unknown): unknown {
  if (body === undefined) throw FhirError.of(400, 'required', 'the body is missing: expected a resource');
  const { resourceType, parameter } = body as { resourceType?: unknown; parameter?: unknown };
  if (resourceType !== 'Parameters' || !Array.isArray(parameter)) return body;
  const found = (parameter as { name?: unknown; resource?: unknown }[]).find(
    (each) => each?.name === 'resource',
  );
  if (found?.resource === undefined)
    throw FhirError.of(
      400,
      'required',
      'Parameters.parameter: one named "resource" is needed',
      'Parameters.parameter',
    );
  return found.resource;
}
