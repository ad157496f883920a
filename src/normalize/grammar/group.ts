// SPDX-License-Identifier: Apache-2.0
import type { Segment } from '../../ingest/hl7/message.ts';
import type { Instance } from '../instance.ts';
import type { Position } from './notation.ts';

/** A segment, and where in the structure it stands; without a position when it stands nowhere (a Z segment, a misplaced one). */
export interface Placed {
  readonly segment: Segment;
  readonly position: Position | undefined;
  readonly group: Group;
}

/** One occurrence of a group in a message; the whole message is the outermost. */
export class Group {
  readonly position: Position;
  readonly parent: Group | undefined;
  readonly placed: Placed[] = [];
  readonly children: Group[] = [];
  /** Index of the position in this group that was filled last. */
  at = -1;
  /** The resources that segments in and below this group have given names to. */
  readonly #named = new Map<string, Instance[]>();
  #segments: Map<string, Segment> | undefined;
  /** By position, the last group that was opened there, or nothing for a segment; looked for only when something is out of its place. */
  #filled: Map<Position, Group | undefined> | undefined;

  constructor(position: Position, parent: Group | undefined) {
    this.position = position;
    this.parent = parent;
    if (!parent) return;
    parent.children.push(this);
    parent.#filled?.set(position, this);
  }

  place(segment: Segment, position: Position | undefined): void {
    this.placed.push({ segment, position, group: this });
    if (position) this.#filled?.set(position, undefined);
  }

  isFilled(position: Position): boolean {
    return this.#positions().has(position);
  }

  /** The last group that was opened at a position. */
  latest(position: Position): Group | undefined {
    return this.#positions().get(position);
  }

  #positions(): ReadonlyMap<Position, Group | undefined> {
    if (!this.#filled) {
      this.#filled = new Map();
      for (const { position } of this.placed) if (position) this.#filled.set(position, undefined);
      for (const child of this.children) this.#filled.set(child.position, child);
    }
    return this.#filled;
  }

  /** The nearest segment of that name: in this group, else in one that contains it. Asked only when all segments have their places. */
  segment(name: string): Segment | undefined {
    for (let group: Group | undefined = this; group; group = group.parent) {
      const found = group.#firstOf(name);
      if (found) return found;
    }
    return undefined;
  }

  #firstOf(name: string): Segment | undefined {
    if (!this.#segments) {
      this.#segments = new Map();
      for (const { segment } of this.placed) {
        if (!this.#segments.has(segment.name)) this.#segments.set(segment.name, segment);
      }
    }
    return this.#segments.get(name);
  }

  /** No repetition of it stands before it. */
  get isFirst(): boolean {
    return this.parent?.children.find(({ position }) => position === this.position) === this;
  }

  /** The group of that name that contains this one, or is it. */
  enclosing(name: string): Group | undefined {
    for (let group: Group | undefined = this; group; group = group.parent) {
      if (group.position.name === name) return group;
    }
    return undefined;
  }

  name(instance: Instance): void {
    for (let group: Group | undefined = this; group; group = group.parent) {
      const known = group.#named.get(instance.name);
      if (known) known.push(instance);
      else group.#named.set(instance.name, [instance]);
    }
  }

  /**
   * Those of that name in the nearest group that has any; all of them, so that the caller sees when it isn't one. What belongs to another
   * repetition of a group that this one lies in, such as the specimen of another order, is not seen.
   */
  named(name: string): readonly Instance[] {
    let branch: Group | undefined;
    for (let group: Group | undefined = this; group; group = group.parent) {
      const known = group.#named.get(name);
      const found = known && group.#shown(known, branch);
      if (found && found.length > 0) return found;
      branch = group;
    }
    return [];
  }

  #shown(known: readonly Instance[], branch: Group | undefined): readonly Instance[] {
    return !branch || known.every((one) => this.#shows(one, branch))
      ? known
      : known.filter((one) => this.#shows(one, branch));
  }

  /** Whether those in the branch below this group may see the instance; what lies in that branch has been looked at already. */
  #shows(instance: Instance, branch: Group | undefined): boolean {
    if (!branch || instance.group === this) return true;
    let other = instance.group;
    while (other.parent !== this) other = other.parent!;
    return other.position !== branch.position;
  }

  /** The one of that name that was made for this very group, or for a segment of it. */
  own(name: string, segment?: Segment): Instance | undefined {
    return this.#named
      .get(name)
      ?.find(
        (instance) => instance.group === this && (segment === undefined || instance.segment === segment),
      );
  }
}
