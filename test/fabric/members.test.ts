// SPDX-License-Identifier: Apache-2.0
import { after, before, describe } from 'node:test';
import { endAll } from '../network/harness.ts';
import { bridgesBehaviour } from './members/bridges.ts';
import { channelsBehaviour } from './members/channels.ts';
import { type Members, openMembers } from './members/members.ts';
import { privacyBehaviour } from './members/privacy.ts';
import { fabricTools } from './support/tools.ts';

const tools = fabricTools();

describe('organizations with a bridge each', {
  skip: 'skip' in tools && tools.skip,
  timeout: 600_000,
}, () => {
  let members: Members;
  before(async () => {
    members = await openMembers();
  });
  after(async () => {
    await endAll();
    await members?.close();
  });

  bridgesBehaviour(() => members);
  channelsBehaviour(() => members);
  // Last: it looks at all that the others left in the blocks.
  privacyBehaviour(() => members);
});
