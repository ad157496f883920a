// SPDX-License-Identifier: Apache-2.0
import type { Participant } from '@mooring/chaincode/participant';
import type { Resource } from '../fhir/resource.ts';
import { LedgerError } from '../ledger/ledger.ts';
import type { ConsentRules, Requester } from './consent.ts';
import type { ConsentHistory } from './history.ts';
import type { Registration } from './participants.ts';
import { namedIn } from './placing.ts';
import { refuse } from './read.ts';
import type { OpenConsentRules } from './rules.ts';
import { type ConsentStatement, readConsent } from './terms.ts';

/** The rules of one channel. */
export interface RuledChannel {
  readonly channel: string;
  readonly rules: OpenConsentRules;
}

/** The rules of all channels that a bridge is on, as one. How far each channel's projection is, its own rules say. */
export interface ComposedRules
  extends ConsentRules,
    ConsentHistory,
    Pick<
      OpenConsentRules,
      'enrollPatient' | 'knows' | 'subjectsOf' | 'ageMs' | 'refresh' | 'ready' | 'close'
    > {
  /** Name of the channel on which this participant is judged: the first on which it is registered, the home channel for anyone unknown. */
  channelOf(participant: string): string;
  /** The own organization on every channel, anyone else on the one that is named, or on the home channel. */
  registerParticipant(registration: Registration, channel?: string): Promise<void>;
  participants(): Promise<readonly (Participant & { readonly channel: string })[]>;
  /** On the channel that is named, or on the home channel: what is agreed to elsewhere under the same pseudonym may be another's word. */
  link(patientId: string, subject: string, channel?: string): Promise<void>;
}

/**
 * Several channels, the home channel first, each with members of its own and nothing crossing over: a requester is judged on one channel,
 * by what was agreed to there, as long as that channel can be believed; how the others are doesn't matter.
 */
export function composeChannels(
  channels: readonly [RuledChannel, ...RuledChannel[]],
  own: string,
): ComposedRules {
  const [home, ...others] = channels;
  const knowing = (participant: string) => channels.find(({ rules }) => rules.knows(participant));
  const judging = ({ participant }: Requester) => (knowing(participant) ?? home).rules;
  const named = (name = home.channel) => {
    const found = channels.find(({ channel }) => channel === name);
    if (!found) throw new LedgerError('ARGUMENT_INVALID', 'the bridge is on no such channel');
    return found.rules;
  };

  /**
   * The channel that has this Consent of the organization's own; what others said of a linked patient may bear any id. A channel that
   * knows of one and can't be asked about it is taken to have it.
   */
  const holding = async ({ patient, terms }: ConsentStatement): Promise<RuledChannel | undefined> => {
    for (const each of channels) {
      const [subject] = each.rules.subjectsOf(patient);
      const held = each.rules.history(terms.consent).then(
        (versions) => versions?.some((version) => version.subject === subject) === true,
        () => true,
      );
      if (await held) return each;
    }
    return undefined;
  };

  const placeOf = async (consent: Resource): Promise<RuledChannel> => {
    if (others.length === 0) return home;
    const statement = readConsent(consent);
    const { terms } = statement;
    const held = await holding(statement);
    if (terms.status === 'revoked') return held ?? placeOfUnknown(statement);
    let place = held;
    for (const { participant, element } of namedIn(terms.provision)) {
      const channel = participant === own ? undefined : knowing(participant);
      if (place && channel && channel !== place)
        throw refuse(
          element,
          held
            ? 'this Consent is on another channel than the participant; a new one needs a new id'
            : 'this participant is on another channel than those before; each channel needs a Consent of its own',
          'business-rule',
        );
      place ??= channel;
    }
    return place ?? home;
  };

  /** A revocation must meet its grant: before it is taken for one of nothing, every channel has to be known up to now. */
  const placeOfUnknown = async (statement: ConsentStatement): Promise<RuledChannel> => {
    await onEach(channels, (rules) => rules.refresh());
    return (await holding(statement)) ?? home;
  };

  return {
    decide: async (requester, resources) => judging(requester).decide(requester, resources),
    patients: async (requester) => judging(requester).patients(requester),
    accept: async (consent) => (await placeOf(consent)).rules.accept(consent),
    channelOf: (participant) => (participant === own ? home : (knowing(participant) ?? home)).channel,
    knows: (participant) => knowing(participant) !== undefined,
    history: (consentId) => firstOf(channels, (rules) => rules.history(consentId)),
    asOf: (consentId, time) => firstOf(channels, (rules) => rules.asOf(consentId, time)),
    enrollPatient: (...enrolment) => onEach(channels, (rules) => rules.enrollPatient(...enrolment)),
    subjectsOf: (patientId) => [...new Set(channels.flatMap(({ rules }) => rules.subjectsOf(patientId)))],
    link: async (patientId, subject, channel) => named(channel).link(patientId, subject),
    async registerParticipant(registration, channel) {
      if (registration.id !== own) return named(channel).registerParticipant(registration);
      await onEach(channels, (rules) => rules.registerParticipant(registration));
    },
    async participants() {
      const each = channels.map(async ({ channel, rules }) =>
        (await rules.participants()).map((participant) => ({ ...participant, channel })),
      );
      return (await Promise.all(each)).flat();
    },
    ageMs: () => Math.max(...channels.map(({ rules }) => rules.ageMs())),
    refresh: () => onEach(channels, (rules) => rules.refresh()),
    // Those that are away come later; nobody waits for them.
    ready: Promise.allSettled(channels.map(({ rules }) => rules.ready)).then(() => {}),
    close: () => onEach(channels, (rules) => rules.close()),
  };
}

/** One channel that fails keeps no other from its turn; then the first failure is thrown. */
async function onEach(
  channels: readonly RuledChannel[],
  act: (rules: OpenConsentRules) => Promise<void>,
): Promise<void> {
  const done = await Promise.allSettled(channels.map(({ rules }) => act(rules)));
  const failed = done.find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
}

async function firstOf<T>(
  channels: readonly RuledChannel[],
  ask: (rules: OpenConsentRules) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const { rules } of channels) {
    const found = await ask(rules);
    if (found !== undefined) return found;
  }
  return undefined;
}
