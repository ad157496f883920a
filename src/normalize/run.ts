// SPDX-License-Identifier: Apache-2.0
import type { Issue } from '../fhir/outcome.ts';
import type { Message } from '../ingest/hl7/message.ts';
import { readTimestamp } from '../ingest/hl7/timestamp.ts';
import type { Origin } from './convert.ts';
import type { Element } from './element.ts';
import { Namer } from './identity/names.ts';
import { localSystem, systemOf } from './identity/systems.ts';
import type { Instance } from './instance.ts';
import { type Note, originsOf } from './output/origins.ts';
import { dropFragments } from './output/whole.ts';
import type { Place } from './place.ts';
import type { Site } from './program.ts';
import { Taken } from './taken.ts';

/** The conversion of one message: what its rows share. */
export class Run {
  readonly message: Message;
  readonly site: Site;
  readonly explaining: boolean;
  readonly issues: Issue[] = [];
  readonly taken = new Taken();
  readonly instances: Instance[] = [];
  /** Zone of times that name none: the message's (MSH-7 holds for all of it, HL7 v2 §2.14.9.7), else the site's. */
  readonly zone: string | undefined;
  /** System of the identifiers that nobody is said to have assigned: their sender's. */
  readonly senderSystem: string;
  /** Row at work, for explanations. */
  row = '';
  readonly #namer: Namer;
  readonly #notes: Note[] = [];
  readonly #later: (() => void)[] = [];
  readonly #references: [Element, Instance][] = [];
  readonly #said = new Set<string>();

  constructor(message: Message, site: Site, secret: Uint8Array, explaining: boolean) {
    const { header } = message;
    this.message = message;
    this.site = site;
    this.explaining = explaining;
    this.zone = zoneOf(header.value(7)) ?? site.zone;
    this.senderSystem = site.authority ?? senderSystem(message, site.authorities);
    this.#namer = new Namer(this, secret);
  }

  /** Which message this is: who sent it and its MSH-10. */
  get messageKey(): readonly string[] {
    const { header } = this.message;
    return [this.senderSystem, header.value(3), header.value(10), header.value(7)];
  }

  /** Does something when all segments have been read, and every resource of the message is known. */
  later(step: () => void): void {
    this.#later.push(step);
  }

  /** A Reference, whose target gets its id at the end. */
  referTo(instance: Instance, reference: Element = {}): Element {
    reference['reference'] = '';
    this.#references.push([reference, instance]);
    return reference;
  }

  /** Remembers where a value came from, if somebody wants to know: a field, or a component of the value at a place. */
  note(container: object, key: string | number, from: string | Place, component = 1): void {
    if (!this.explaining) return;
    const field = typeof from === 'string' ? from : from.print(component);
    this.#notes.push({ container, key, field, row: this.row });
  }

  /** Each thing is said once a message, however often it is met. */
  report(severity: Issue['severity'], code: Issue['code'], diagnostics: string): void {
    if (this.#said.has(diagnostics)) return;
    this.#said.add(diagnostics);
    this.issues.push({ severity, code, diagnostics });
  }

  /** Completes the resources, links them to each other and names them. */
  settle(): void {
    for (const instance of this.instances) {
      const { group, segment, resource } = instance;
      const frame = { run: this, group, segment, instance, labels: new Map() };
      for (const row of this.site.defaultsOf(instance.type)) row(resource, frame, undefined);
    }
    for (const step of this.#later) step();
    for (const instance of this.instances) dropFragments(instance, this);
    for (const instance of this.instances) this.idOf(instance);
    for (const [reference, instance] of this.#references) {
      reference['reference'] = `${instance.type}/${this.idOf(instance)}`;
    }
  }

  idOf(instance: Instance): string {
    return this.#namer.idOf(instance);
  }

  origins(): Origin[] {
    return this.explaining ? originsOf(this.instances, this.#notes) : [];
  }
}

function zoneOf(time: string): string | undefined {
  try {
    return time === '' ? undefined : readTimestamp(time).zone;
  } catch {
    return undefined; // it is reported where it is mapped
  }
}

function senderSystem(message: Message, known: ReadonlyMap<string, string>): string {
  const { header } = message;
  for (const field of [4, 3]) {
    const [namespace, universalId, universalIdType] = [1, 2, 3].map((part) => header.value(field, 1, part));
    const authority = { namespace: namespace!, universalId: universalId!, universalIdType: universalIdType! };
    const system = systemOf(authority, known);
    if (system !== undefined) return system;
  }
  return localSystem('unknown');
}
