// SPDX-License-Identifier: Apache-2.0
import type { ConsentTerms } from '@mooring/chaincode/terms';
import type { Changes, KnownConsent, KnownParticipant } from './changes.ts';

/** The copy in memory, which decisions are made from. */
export class Known {
  readonly #consents = new Map<string, Map<string, KnownConsent>>();
  readonly #participants = new Map<string, KnownParticipant>();

  participant(id: string): KnownParticipant | undefined {
    return this.#participants.get(id);
  }

  subjects(): IterableIterator<string> {
    return this.#consents.keys();
  }

  /** `undefined`: what an active consent says isn't known, so that nothing can be decided. */
  termsOf(subject: string): readonly ConsentTerms[] | undefined {
    const all: ConsentTerms[] = [];
    for (const { status, terms } of this.#consents.get(subject)?.values() ?? []) {
      if (terms) all.push(terms);
      else if (status === 'active') return undefined;
    }
    return all;
  }

  /**
   * By the consent's pseudonym, or by the logical id that its terms name; first among the subjects that are one's own, since anyone can
   * give a consent of a subject of theirs the pseudonym of another.
   */
  find(pseudonym: string, id: string, isOwn: (subject: string) => boolean): KnownConsent | undefined {
    const [own, linked]: [KnownConsent[], KnownConsent[]] = [[], []];
    for (const [subject, consents] of this.#consents) {
      const named = [...consents.values()].find((each) => each.terms?.consent === id);
      const found = consents.get(pseudonym) ?? named;
      if (found) (isOwn(subject) ? own : linked).push(found);
    }
    return own[0] ?? linked[0];
  }

  /** Those whose terms are still to be had. */
  withoutTerms(): readonly KnownConsent[] {
    return [...this.#consents.values()].flatMap((consents) =>
      [...consents.values()].filter(({ terms }) => terms === undefined),
    );
  }

  /** In the order of the ledger or again: what is older than what is known changes nothing. */
  apply(changes: Pick<Changes, 'participants' | 'erased' | 'forgotten' | 'consents'>): void {
    for (const participant of changes.participants) this.#participants.set(participant.id, participant);
    for (const subject of changes.erased) this.#consents.delete(subject);
    for (const { subject, consent, version } of changes.forgotten) {
      const consents = this.#consents.get(subject);
      if ((consents?.get(consent)?.version ?? 0) <= version) consents?.delete(consent);
    }
    for (const change of changes.consents) {
      const consents = this.#consents.get(change.subject) ?? new Map<string, KnownConsent>();
      this.#consents.set(change.subject, consents);
      const before = consents.get(change.consent);
      if ((before?.version ?? 0) > change.version) continue;
      const terms = change.terms ?? (before?.version === change.version ? before.terms : undefined);
      consents.set(change.consent, terms ? { ...change, terms } : change);
    }
  }

  clear(): void {
    this.#consents.clear();
    this.#participants.clear();
  }
}
