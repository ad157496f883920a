// SPDX-License-Identifier: Apache-2.0
import { setTimeout as after } from 'node:timers/promises';
import { Client } from 'fhir-kit-client';
import type { Resource } from '../fhir/resource.ts';

/** A message is processed after its acknowledgment, a leaf anchored after its write: how long the story waits for that. */
const PATIENCE_MS = 15_000;
const EVERY_MS = 200;

export interface Answer {
  readonly status: number;
  readonly resource: Resource;
}

/** GETs a path, or PUTs a body to it; asks again for a while as long as the answer is not the one hoped for. */
export async function ask(
  client: Client,
  path: string,
  hoped: (answer: Resource) => boolean = () => true,
  body?: Resource,
): Promise<Answer> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await request(client, path, body);
    if (hoped(answer.resource) || Date.now() > deadline) return answer;
    await after(EVERY_MS);
  }
}

async function request(client: Client, path: string, body: Resource | undefined): Promise<Answer> {
  const headers: Record<string, string> = { accept: 'application/fhir+json, application/json' };
  const options = { headers: { ...headers, ...(body ? { 'content-type': 'application/fhir+json' } : {}) } };
  try {
    const resource = (await client.request(path, {
      method: body ? 'PUT' : 'GET',
      ...(body ? { body: body as never } : {}),
      options,
    })) as unknown as Resource;
    return { status: Client.httpFor(resource as never).response?.status ?? 0, resource };
  } catch (error) {
    const response = (error as { response?: { status: number; data: Resource } }).response;
    if (!response) throw error;
    return { status: response.status, resource: response.data };
  }
}

/** What came back, in a line or two: the status, and of a Bundle what it holds, of a report what it found. */
export function summary({ status, resource }: Answer): string {
  const text = [`${status} ${resource.resourceType}`];
  if (resource.resourceType === 'Bundle') {
    const entries = (resource['entry'] ?? []) as { resource: Resource }[];
    text.push(
      entries.length === 0
        ? 'with no entries'
        : `of ${entries.map((entry) => describe(entry.resource)).join(', ')}`,
    );
  }
  if (resource.resourceType === 'OperationOutcome') {
    text.push((resource['issue'] as { diagnostics?: string }[]).map((issue) => issue.diagnostics).join('; '));
  }
  if (resource.resourceType === 'Parameters') text.push(`\n${parameters(resource).join('\n')}`);
  return text.join(' ');
}

interface Observed {
  code?: { coding?: { display?: string }[] };
  valueQuantity?: { value: number; unit?: string };
}

function describe(resource: Resource): string {
  const { code, valueQuantity } = resource as Observed;
  if (!valueQuantity) return `${resource.resourceType}/${resource.id}`;
  return `${code?.coding?.[0]?.display ?? resource.resourceType} ${valueQuantity.value} ${valueQuantity.unit ?? ''}`.trim();
}

interface Parameter {
  name: string;
  valueBoolean?: boolean;
  valueString?: string;
  part?: Parameter[];
}

function parameters(resource: Resource): string[] {
  const print = ({ name, part, ...value }: Parameter): string =>
    part ? part.map(print).join('  ') : `${name}: ${Object.values(value).map(String).join(' ')}`;
  return (resource['parameter'] as Parameter[]).map(print);
}
