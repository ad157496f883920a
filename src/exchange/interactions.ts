// SPDX-License-Identifier: Apache-2.0
import type { Interaction } from './interaction.ts';
import * as create from './interactions/create.ts';
import * as remove from './interactions/delete.ts';
import * as history from './interactions/history-instance.ts';
import * as read from './interactions/read.ts';
import * as search from './interactions/search-type.ts';
import * as transaction from './interactions/transaction.ts';
import * as update from './interactions/update.ts';
import * as vread from './interactions/vread.ts';
import * as everything from './operations/everything.ts';
import * as validate from './operations/validate.ts';
import * as verify from './operations/verify.ts';

/** Everything that can be asked of a bridge over FHIR. The router takes the first whose route fits: operations before `/:type/:id`. */
export const INTERACTIONS: readonly Interaction[] = [
  everything,
  verify,
  validate,
  transaction,
  search,
  create,
  update,
  remove,
  history,
  vread,
  read,
];
