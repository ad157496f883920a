// SPDX-License-Identifier: Apache-2.0
// HL7v2 bytes to a FHIR transaction, beside what npm has for parsing: node --import tsx bench/convert.ts [rounds]
import { weighAll } from './convert/memory.ts';
import { FORMS } from './convert/messages.ts';
import { measureInRounds } from './convert/rounds.ts';
import { subjectsOf } from './convert/subjects.ts';
import { growthTable, ratesTable, weightsTable } from './convert/tables.ts';
import { verify } from './convert/verify.ts';
import { openPeers } from './peers/open.ts';

const rounds = Number(process.argv[2] ?? 15);

const peers = await openPeers();
if (peers.length === 0) console.error('no peers to stand beside: npm ci --prefix bench/peers installs them');
await verify(FORMS, peers);
const names = subjectsOf(peers).map(({ name }) => name);
const { timed, clockPerCpu } = await measureInRounds(names.length, rounds);
console.log(ratesTable(names, timed));
console.log(growthTable(names, timed));
console.log(weightsTable(names, await weighAll(names.length)));
console.log(`${rounds} rounds; ${clockPerCpu.toFixed(2)} s by the clock for each second of processor time`);
