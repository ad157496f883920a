// SPDX-License-Identifier: Apache-2.0
/** Search in two pure halves that meet in `query.ts`: what a resource can be found by, and what a caller asks for. */
export { isAboutPatients, patientsOf } from './compartment.ts';
export { indexResource } from './indexing.ts';
export { matches } from './matches.ts';
export { type ParsedSearch, parseSearch } from './parse.ts';
