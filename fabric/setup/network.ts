// SPDX-License-Identifier: Apache-2.0
import type { Description } from '../description.ts';
import { type Keys, keysIn } from '../keys.ts';
import type { Places } from '../places.ts';
import type { Say, Tools } from '../tools.ts';

/** What every step of setting up a network needs to know. */
export interface Setup {
  readonly description: Description;
  readonly places: Places;
  readonly keys: Keys;
  readonly tools: Tools;
  readonly say: Say;
}

export function setupOf(description: Description, places: Places, tools: Tools, say: Say): Setup {
  return { description, places, keys: keysIn(keysFolder(places), description), tools, say };
}

export const keysFolder = ({ dir }: Places): string => `${dir}/keys`;
export const channelBlock = ({ dir }: Places, channel: string): string => `${dir}/channels/${channel}.block`;
export const collectionsFile = ({ dir }: Places, channel: string): string =>
  `${dir}/channels/${channel}.collections.json`;
/** With its `core.yaml` or `orderer.yaml`. */
export const nodeFolder = ({ dir }: Places, node: string): string => `${dir}/nodes/${node}`;
export const connectionsFolder = ({ dir }: Places): string => `${dir}/connections`;
