// SPDX-License-Identifier: Apache-2.0
import type { Issue } from '../fhir/outcome.ts';
import type { Message, Segment } from '../ingest/hl7/message.ts';
import { readTimestamp } from '../ingest/hl7/timestamp.ts';
import type { Element } from './element.ts';
import { Frame } from './frame.ts';
import type { Ids } from './identity/ids.ts';
import { Namer, refuseNameless } from './identity/names.ts';
import { localSystem, systemOf } from './identity/systems.ts';
import type { Instance } from './instance.ts';
import { applyRow } from './language/row.ts';
import { type Mention, Mentions } from './mentions.ts';
import type { Note, Taking } from './output/origins.ts';
import { SystemNames } from './output/system-names.ts';
import { dropFragments } from './output/whole.ts';
import type { Place } from './place.ts';
import type { Site } from './program.ts';
import { type Leaf, Taken } from './taken.ts';
import { UnknownCodes } from './unknown.ts';

/** The conversion of one message: what its rows share. */
export class Run {
  readonly message: Message;
  readonly site: Site;
  readonly explaining: boolean;
  readonly issues: Issue[] = [];
  taken: Taken;
  readonly instances: Instance[] = [];
  /** Zone of times that name none: the message's (MSH-7 holds for all of it, HL7 v2 §2.14.9.7), else the site's. */
  readonly zone: string | undefined;
  /** System of the identifiers that nobody is said to have assigned: their sender's. */
  readonly senderSystem: string;
  /** None when somebody wants to know where each value went: then each place is read for itself. */
  readonly mentions: Mentions | undefined;
  /** Codes that nobody here knows, for those who write the site's file. */
  readonly unknownCodes: UnknownCodes;
  /** What its names of coding systems and authorities were understood as. */
  readonly systemNames = new SystemNames();
  /** Something that was mapped could not be said after all: its fields count as unmapped. */
  loses = false;
  /** Row at work, for explanations. */
  row = '';
  readonly #namer: Namer;
  /** Where each value went, if somebody wants to know. */
  readonly notes: Note[] = [];
  /** Which row took each part, if somebody wants to know. */
  readonly takings: Taking[] = [];
  readonly #later: (() => void)[] = [];
  readonly #references = new Map<Element, Instance>();
  readonly #said = new Set<string>();
  readonly #leftOut = new Map<Segment, [Place, string][]>();
  /** How often something has been said or put off that belongs to its place alone. */
  #asides = 0;
  readonly #spokenOf: (Instance | undefined)[] = [];

  constructor(message: Message, site: Site, ids: Ids, explaining: boolean) {
    const { header } = message;
    this.message = message;
    this.site = site;
    this.explaining = explaining;
    this.taken = new Taken(
      explaining ? (leaf) => this.takings.push({ leaf, row: this.row, at: this.notes.length }) : undefined,
    );
    this.issues.push(...message.issues);
    this.unknownCodes = new UnknownCodes(header);
    this.zone = zoneOf(header.value(7)) ?? site.zone;
    this.senderSystem = site.authority ?? senderSystem(message, site.authorities);
    this.mentions = explaining ? undefined : new Mentions();
    this.#namer = new Namer(this, ids);
  }

  /** Which message this is: who sent it and its MSH-10. */
  get messageKey(): readonly string[] {
    const { header } = this.message;
    return [this.senderSystem, header.value(3), header.value(10), header.value(7)];
  }

  /** Does something when all segments have been read, and every resource of the message is known. */
  later(step: () => void): void {
    this.#asides++;
    if (!this.explaining) return void this.#later.push(step);
    const { row } = this;
    this.#later.push(() => {
      this.row = row;
      step();
    });
  }

  /** The resource that a segment is about: the first that one of its maps is for. */
  spokenOf(segment: Segment, instance: Instance): void {
    this.#spokenOf[segment.index] ??= instance;
  }

  about(segment: Segment): Instance | undefined {
    return this.#spokenOf[segment.index];
  }

  /** A row says that a value is said elsewhere, or means nothing: if no other row takes it, it is left out. */
  leaveOut(place: Place, row: string): void {
    this.#asides++;
    const known = this.#leftOut.get(place.segment);
    if (known) known.push([place, row]);
    else this.#leftOut.set(place.segment, [[place, row]]);
  }

  /** What a step takes and understands; undefined: it has done more, that can't be repeated elsewhere. */
  watch(step: () => void): Omit<Mention, 'instance'> | undefined {
    const { taken: before, unknownCodes } = this;
    const asides = this.#asides + unknownCodes.lacking;
    const knowing = unknownCodes.known.length;
    const leaves: Leaf[] = [];
    const own = new Taken((leaf) => leaves.push(leaf));
    this.taken = own;
    step();
    this.taken = before;
    // What was taken may have been released again.
    const taken = leaves.filter((leaf) => own.holds(leaf));
    for (const leaf of taken) before.hold(leaf);
    if (this.#asides + unknownCodes.lacking > asides) return undefined;
    return { taken, codes: unknownCodes.known.slice(knowing).map(([, code]) => code) };
  }

  /** The row that leaves a part of a field out. */
  leftOutBy(segment: Segment, at: readonly [number, number, number, number]): string | undefined {
    return this.#leftOut.get(segment)?.find(([place]) => place.covers(at))?.[1];
  }

  /** A Reference, whose target gets its id at the end. */
  referTo(instance: Instance, reference: Element = {}): Element {
    this.#asides++;
    reference['reference'] = '';
    this.#references.set(reference, instance);
    this.note(reference, 'reference', '');
    return reference;
  }

  /** Remembers where a value came from, if somebody wants to know: a field, or a component of the value at a place. */
  note(container: object, key: string | number, from: string | Place, component = 1, subcomponent = 1): void {
    if (this.explaining) this.notes.push({ container, key, from, component, subcomponent, row: this.row });
  }

  /** Each thing is said once a message, however often it is met: `at` is where it was met first, such as `PID-5[2].1`. */
  report(
    severity: Issue['severity'],
    code: Issue['code'],
    diagnostics: string,
    at: string | undefined,
  ): void {
    this.#asides++;
    if (this.#said.has(diagnostics)) return;
    this.#said.add(diagnostics);
    this.issues.push({ severity, code, diagnostics, ...(at === undefined ? {} : { expression: at }) });
  }

  /** Something is wrong with what stands at one place. */
  warn(code: Issue['code'], at: string, what: string): void {
    this.report('warning', code, `${at} ${what}`, at);
  }

  /** Completes the resources, links them to each other and names them. */
  settle(): void {
    for (const instance of this.instances) instance.silent = !instance.said && !instance.refers;
    const spoken = this.instances.filter(({ silent }) => !silent);
    for (const instance of this.instances) if (instance.silent) refuseNameless(instance);
    this.instances.splice(0, this.instances.length, ...spoken);
    for (const instance of this.instances)
      if (instance.within !== undefined) instance.container = instance.group.named(instance.within)[0];
    // What refers to another resource is said too: it comes before what is only assumed.
    this.#link();
    for (const instance of this.instances) this.#complete(instance);
    this.#link();
    for (const instance of this.instances) if (dropFragments(instance, this)) this.#complete(instance);
    this.#link();
    for (const instance of this.instances) this.idOf(instance);
    for (const [reference, instance] of this.#references) {
      const id = this.idOf(instance);
      reference['reference'] = instance.container ? `#${id}` : `${instance.type}/${id}`;
    }
  }

  /** Says what R4 requires and the message doesn't. */
  #complete(instance: Instance): void {
    const { type, resource } = instance;
    const rows = this.site.defaultsOf(type);
    if (rows.length === 0) return;
    const frame = new Frame(instance, this, instance);
    const said = Object.keys(resource).length;
    for (const { asWritten } of rows) applyRow(asWritten, resource, frame, undefined);
    // What is new comes last.
    for (const name of Object.keys(resource).slice(said)) instance.assume(name);
  }

  #link(): void {
    for (const step of this.#later.splice(0)) step();
  }

  /** The resource that a Reference is for. */
  targetOf(reference: Element): Instance | undefined {
    return this.#references.get(reference);
  }

  idOf(instance: Instance): string {
    return this.#namer.idOf(instance);
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
