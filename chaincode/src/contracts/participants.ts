// SPDX-License-Identifier: Apache-2.0
import { type Context, Contract } from 'fabric-contract-api';
import { readId } from '../arguments.ts';
import { canonicalJson } from '../canonical.ts';
import { ContractError } from '../errors.ts';
import {
  assertOwn,
  knownParticipant,
  type Participant,
  readDirectory,
  readParticipant,
  writeParticipant,
} from '../participant.ts';
import { ROLES, type Role } from '../readTerms.ts';
import { KEY_JWS_TYPE, readPublicJwk, thumbprint, verifyDetached } from '../signature.ts';
import { emit } from '../state.ts';

/** Who takes part, in which role, with which key. */
export class ParticipantsContract extends Contract {
  constructor() {
    super('participants');
  }

  /** An organization registers itself, its practitioners, and its patients under pseudonyms. An empty key: none yet. */
  async Register(
    ctx: Context,
    id: string,
    role: string,
    mspId: string,
    publicKeyJwkJson: string,
  ): Promise<string> {
    if (!ROLES.includes(role as Role))
      throw new ContractError('ARGUMENT_INVALID', 'role is none of the known ones');
    assertOwn(ctx, mspId, `a participant of ${readId(mspId, 'mspId')}`);
    const participant: Participant = {
      id: readId(id, 'id'),
      role: role as Role,
      mspId,
      status: 'active',
      ...(publicKeyJwkJson === ''
        ? {}
        : { publicKey: readPublicJwk(publicKeyJwkJson), keySetBy: 'organization' as const }),
    };
    const existing = await readParticipant(ctx, id);
    if (existing && canonicalJson(existing) === canonicalJson(participant))
      throw new ContractError('PARTICIPANT_DUPLICATE', `participant ${id} is registered so already`);
    if (existing) throw new ContractError('PARTICIPANT_EXISTS', `participant ${id} is registered otherwise`);
    return save(ctx, participant);
  }

  async Suspend(ctx: Context, id: string): Promise<string> {
    return changeStatus(ctx, id, 'suspended');
  }

  async Reinstate(ctx: Context, id: string): Promise<string> {
    return changeStatus(ctx, id, 'active');
  }

  /**
   * A new key, signed for with the one before (detached JWS over `{participant, newKey: thumbprint}`). An empty signature: the
   * organization vouches for it, as after a lost phone, and the register says so.
   */
  async RotateKey(ctx: Context, id: string, publicKeyJwkJson: string, jws: string): Promise<string> {
    const participant = await knownParticipant(ctx, readId(id, 'id'));
    assertOwn(ctx, participant.mspId, `participant ${id}`);
    const publicKey = readPublicJwk(publicKeyJwkJson);
    if (jws !== '') {
      if (!participant.publicKey)
        throw new ContractError('KEY_MISSING', `participant ${id} has no key to sign with`);
      const payload = { participant: id, newKey: thumbprint(publicKey) };
      verifyDetached(jws, KEY_JWS_TYPE, payload, participant.publicKey);
    }
    return save(ctx, { ...participant, publicKey, keySetBy: jws === '' ? 'organization' : 'holder' });
  }

  async Read(ctx: Context, id: string): Promise<string> {
    return canonicalJson(await knownParticipant(ctx, readId(id, 'id')));
  }

  /** All but the patients. */
  async List(ctx: Context): Promise<string> {
    return canonicalJson([...(await readDirectory(ctx)).values()]);
  }
}

async function changeStatus(ctx: Context, id: string, status: Participant['status']): Promise<string> {
  const participant = await knownParticipant(ctx, readId(id, 'id'));
  assertOwn(ctx, participant.mspId, `participant ${id}`);
  return save(ctx, { ...participant, status });
}

async function save(ctx: Context, participant: Participant): Promise<string> {
  await writeParticipant(ctx, participant);
  const { id, role, mspId, status } = participant;
  emit(ctx, 'ParticipantChanged', { id, role, mspId, status });
  return canonicalJson(participant);
}
