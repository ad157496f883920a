// SPDX-License-Identifier: Apache-2.0
import { needs } from '../../require.ts';

/** The folder with Fabric's programs, or the reason to skip; `npm test` builds them where Go is. */
export const fabricTools = (): { value: string } | { skip: string } => needs('fabric', 'MOORING_TEST_FABRIC');
