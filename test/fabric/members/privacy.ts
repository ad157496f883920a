// SPDX-License-Identifier: Apache-2.0
import type { Members } from './members.ts';

export function privacyBehaviour(_members: () => Members): void {}
