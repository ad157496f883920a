// SPDX-License-Identifier: Apache-2.0
import type { Members } from './members.ts';

export function channelsBehaviour(_members: () => Members): void {}
