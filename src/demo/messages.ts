// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';

const FOLDER = new URL('../../fixtures/hl7/', import.meta.url);

/** Files of `fixtures/hl7` that show every message type, in order: all of them would keep a newcomer waiting. */
export const SHOWN: readonly string[] = [
  // One patient's story, and a few that went wrong.
  '001-adt-a01-harbour-admission',
  '002-adt-a08-harbour-update',
  '003-oru-r01-harbour-troponin',
  '004-oru-r01-harbour-corrected',
  '005-vxu-v04-harbour-influenza',
  '006-adt-a03-harbour-discharge',
  '007-adt-a04-harbour-duplicate-registration',
  '008-adt-a40-harbour-merge',
  '009-oru-r01-harbour-late-result-old-number',
  '010-adt-a01-harbour-wrong-patient',
  '011-adt-a11-harbour-cancel-admission',
  // Laboratories and vaccinations.
  '040-oru-r01-prairielab-thirty-results',
  '043-oru-r01-radiology-report',
  '044-oru-r01-microbiology-preliminary',
  '050-vxu-v04-county-three-doses',
  // Other character sets, delimiters and segments.
  '060-adt-a01-seeblick-8859-1',
  '062-adt-a04-seto-iso-ir87',
  '063-adt-a01-own-delimiters',
  '067-adt-a08-z-segments',
  // Answers and queries.
  '101-ack-kestrel-v21',
  '199-qbp-q22-northgate-find-candidates',
  '228-rsp-k22-heatherlea-candidates',
  // Appointments, documents, charges, referrals, problems.
  '230-siu-s12-harbour-eye-appointment',
  '231-siu-s13-harbour-rescheduled',
  '240-mdm-t02-harbour-discharge-summary',
  '250-dft-p03-harbour-charges',
  '252-bar-p01-harbour-account',
  '255-ref-i12-stbrigid-referral',
  '256-rri-i14-harbour-referral-cancelled',
  '257-ppr-pc1-northgate-problems',
  '258-pgl-pc6-northgate-goal',
  '259-adt-a08-harbour-allergies-and-kin',
  // Orders and their results.
  '260-oml-o21-fenmoor-two-orders',
  '261-orm-o01-stbrigid-v23-chest',
  '262-oru-r01-fenmoor-culture-and-susceptibilities',
  '266-oul-r22-fenmoor-analyzer',
  '270-omg-o19-fenmoor-imaging',
  // Medication.
  '272-omp-o09-fenmoor-prescription',
  '273-rde-o11-fenmoor-encoded',
  '275-rds-o13-fenmoor-handed-out',
  '276-ras-o17-fenmoor-given',
  '448-rgv-o15-eastmere-two-doses',
  // Answers to orders, dispenses and doses.
  '444-orl-o22-asterlab-orders-accepted',
  '449-rre-o12-eastmere-encoded-order-received',
  '450-rrd-o14-eastmere-dispense-received',
  '451-rrg-o16-eastmere-give-received',
  '452-rra-o18-eastmere-administration-received',
  '453-orr-o02-eastmere-v23-accepted',
  '454-orp-o10-eastmere-pharmacy-accepted',
];

export const readShown = (name: string): Promise<Buffer> => readFile(new URL(`${name}.hl7`, FOLDER));
