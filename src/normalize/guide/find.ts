// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../../fhir/resource.ts';

type Json = unknown;

/** A value in a resource, and what its sibling with an underscore says of it. */
interface Node {
  readonly value: Json;
  readonly beside?: Json;
}

/** The resources of a conversion, by what references call them. */
export interface Found {
  readonly resources: readonly Resource[];
  resource(reference: string): Resource | undefined;
}

export function openBundle(bundle: Resource): Found {
  const entries = (bundle['entry'] as { fullUrl: string; resource: Resource }[] | undefined) ?? [];
  const known = new Map(entries.map(({ fullUrl, resource }) => [fullUrl, resource]));
  for (const { resource } of entries) known.set(`${resource.resourceType}/${resource.id}`, resource);
  const contained = entries.flatMap(
    ({ resource }) => (resource['contained'] as Resource[] | undefined) ?? [],
  );
  for (const resource of contained) known.set(`#${resource.id}`, resource);
  return {
    resources: [bundle, ...entries.map(({ resource }) => resource), ...contained],
    resource: (reference) => known.get(reference),
  };
}

/**
 * What is at a path of the resources of a type: `name.given`; `payor(Organization.name)` through a reference; `extension{url}` by URL,
 * short for those of FHIR; `value` also for `valueString`; `$this` the resource.
 */
export function nodesAt(found: Found, type: string, path: string): Node[] {
  const start = found.resources.filter((one) => one.resourceType === type).map((value) => ({ value }));
  return walk(found, start, path);
}

function walk(found: Found, start: readonly Node[], path: string): Node[] {
  let nodes = [...start];
  for (let rest = path; rest !== ''; ) {
    const [, name, url, more = ''] = /^\.?([\w$-]+)(?:\{([^}]*)\})?(.*)$/.exec(rest) ?? [];
    if (name === undefined) throw new Error(`${path} is no path: ${rest}`);
    nodes = name.startsWith('$') ? nodes : nodes.flatMap((node) => step(node, name, url));
    rest = more;
    if (rest.startsWith('(')) {
      const inner = rest.slice(1, closing(rest));
      rest = rest.slice(closing(rest) + 1);
      const [, types, path = ''] = /^([\w|]+)(?:\.(.*))?$/.exec(inner) ?? [];
      if (types === undefined) throw new Error(`${path} is no path in a reference: ${inner}`);
      nodes = walk(
        found,
        nodes.flatMap((node) => follow(found, node, types.split('|'))),
        path,
      );
    }
  }
  return nodes;
}

function closing(text: string): number {
  let depth = 0;
  for (const [index, character] of [...text].entries()) {
    if (character === '(') depth += 1;
    else if (character === ')' && --depth === 0) return index;
  }
  return text.length;
}

function step({ value, beside }: Node, name: string, url: string | undefined): Node[] {
  const holders = [value, beside].filter(isObject);
  const nodes = holders.flatMap((holder) => {
    const key = [name, `_${name}`].find((each) => holder[each] !== undefined)
      ? name
      : (Object.keys(holder).find((each) => isChoice(each, name)) ?? name);
    return pairs(holder[key], holder[`_${key}`]);
  });
  if (url === undefined) return nodes;
  const whole = url.includes(':') ? [url] : [url, `http://hl7.org/fhir/StructureDefinition/${url}`];
  return nodes.filter(({ value }) => isObject(value) && whole.includes(String(value['url'])));
}

function isChoice(key: string, name: string): boolean {
  return key.startsWith(name) && /^[A-Z]/.test(key.slice(name.length));
}

function pairs(value: Json, beside: Json): Node[] {
  if (!Array.isArray(value) && !Array.isArray(beside))
    return value === undefined && beside === undefined ? [] : [{ value, beside }];
  const [values, others] = [asArray(value), asArray(beside)];
  return Array.from({ length: Math.max(values.length, others.length) }, (_, index) => ({
    value: values[index],
    beside: others[index],
  }));
}

/** Where a reference leads, when it leads to one of the types; other elements stay where they are. */
function follow(found: Found, node: Node, types: readonly string[]): Node[] {
  if (!isObject(node.value)) return [];
  const reference = node.value['reference'];
  if (reference === undefined) return types.some((type) => type === 'Annotation') ? [node] : [];
  const resource = found.resource(String(reference));
  return resource && types.includes(resource.resourceType) ? [{ value: resource }] : [];
}

/** All texts at or below the nodes, through references. */
export function textsBelow(found: Found, nodes: readonly Node[]): Set<string> {
  const texts = new Set<string>();
  const seen = new Set<Json>();
  const collect = (value: Json): void => {
    if (value === null || value === undefined) return;
    if (typeof value !== 'object') {
      texts.add(String(value));
      return;
    }
    if (seen.has(value)) return;
    seen.add(value);
    const literal = (value as { literal?: unknown }).literal;
    if (typeof literal === 'string') texts.add(literal);
    for (const [key, each] of Object.entries(value)) {
      const resource = key === 'reference' ? found.resource(String(each)) : undefined;
      collect(resource ?? each);
    }
  };
  for (const { value, beside } of nodes) {
    collect(value);
    collect(beside);
  }
  return texts;
}

function isObject(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asArray(value: Json): readonly Json[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
