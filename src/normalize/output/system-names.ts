// SPDX-License-Identifier: Apache-2.0
import { MOORING_BASE } from '../../fhir/resource.ts';
import type { Element } from '../element.ts';
import type { Place } from '../place.ts';
import type { Run } from '../run.ts';
import { cleanText } from '../types/text.ts';
import { aboutMessage } from './provenance.ts';

/**
 * What a message calls a coding system (CWE.3) or an assigning authority (HD), and the URI that it was understood as. Its parts are name
 * and uri.
 */
const NAMES = {
  coding: `${MOORING_BASE}/StructureDefinition/coding-system-name`,
  authority: `${MOORING_BASE}/StructureDefinition/authority-name`,
} as const;

/** The names of a message that don't stand in the URIs which they became: without them nobody could say what was sent. */
export class SystemNames {
  readonly #told = { coding: new Set<string>(), authority: new Set<string>() };
  readonly extensions: Element[] = [];

  /** Each name is told once, as what it was first understood as. */
  tell(kind: keyof typeof NAMES, name: string, uri: string, run: Run, place: Place, part: number): void {
    const told = this.#told[kind];
    if (told.has(name)) return;
    told.add(name);
    const text = cleanText(name);
    if (text === undefined || uri.includes(text)) return;
    const said = { url: 'name', valueString: text };
    this.extensions.push({ url: NAMES[kind], extension: [said, { url: 'uri', valueUri: uri }] });
    run.note(said, 'valueString', place, part);
  }
}

/** Says on the Provenance of the message how its names were understood. */
export function writeSystemNames(run: Run): void {
  const { extensions } = run.systemNames;
  if (extensions.length === 0) return;
  const { resource } = aboutMessage(run);
  resource['extension'] = [...((resource['extension'] as Element[] | undefined) ?? []), ...extensions];
}
