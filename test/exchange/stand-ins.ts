// SPDX-License-Identifier: Apache-2.0
import type { Decision } from '@mooring/chaincode/terms';
import { ConsentError, type ConsentRules, type Requester } from '../../src/consent/consent.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { isAboutPatients, patientsOf } from '../../src/fhir/search/compartment.ts';
import type { Store } from '../../src/store/store.ts';

export interface Given {
  readonly patient: string;
  readonly to: string;
  readonly types?: readonly string[];
  readonly mask?: readonly string[];
  readonly correct?: boolean;
}

/** Consent rules that say what the test has told them to; everything is the custodian's own. */
export class ToldConsent implements ConsentRules {
  readonly custodian: string;
  readonly accepted: Resource[] = [];
  given: Given[] = [];
  fresh = true;

  constructor(custodian: string) {
    this.custodian = custodian;
  }

  async decide(requester: Requester, resources: readonly Resource[]): Promise<readonly Decision[]> {
    if (!this.fresh) throw new ConsentError('NOT_FRESH', 'the ledger can not be read');
    return resources.map((resource) => this.#decideOne(requester, resource));
  }

  async patients(requester: Requester): Promise<readonly string[] | 'all'> {
    if (!this.fresh) throw new ConsentError('NOT_FRESH', 'the ledger can not be read');
    if (requester.participant === this.custodian) return 'all';
    return this.given.filter(({ to }) => to === requester.participant).map(({ patient }) => patient);
  }

  async accept(consent: Resource): Promise<void> {
    this.accepted.push(consent);
  }

  #decideOne({ participant, action }: Requester, resource: Resource): Decision {
    if (participant === this.custodian) return permit('custodian', []);
    const patients = patientsOf(resource);
    if (patients.length === 0) return isAboutPatients(resource.resourceType) ? deny : permit('directory', []);
    const grant = this.given.find(
      ({ to, patient, types, correct }) =>
        to === participant &&
        patients.every((each) => each === patient) &&
        (types === undefined || types.includes(resource.resourceType)) &&
        (action !== 'correct' || correct),
    );
    return grant ? permit(`consent-of-${grant.patient}`, grant.mask ?? []) : deny;
  }
}

const deny: Decision = { effect: 'deny', reason: 'NO_CONSENT' };

function permit(consent: string, mask: readonly string[]): Decision {
  const obligations = mask.length === 0 ? [] : [{ kind: 'mask' as const, elements: mask }];
  return { effect: 'permit', consent, version: 1, provision: 'provision', obligations };
}

/** A store whose audit commits wait for, or fail with, what the test decides. */
export class HeldStore implements Store {
  readonly #store: Store;
  hold: Promise<void> | undefined;
  failure: Error | undefined;
  /** Resolves when a commit is being held. */
  onHeld: (() => void) | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  async commit(unit: Parameters<Store['commit']>[0]): ReturnType<Store['commit']> {
    if (this.failure) throw this.failure;
    if (this.hold) {
      this.onHeld?.();
      await this.hold;
    }
    return this.#store.commit(unit);
  }

  read(...args: Parameters<Store['read']>): ReturnType<Store['read']> {
    return this.#store.read(...args);
  }

  history(...args: Parameters<Store['history']>): ReturnType<Store['history']> {
    return this.#store.history(...args);
  }

  search(...args: Parameters<Store['search']>): ReturnType<Store['search']> {
    return this.#store.search(...args);
  }
}
