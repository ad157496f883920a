// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../fhir/resource.ts';
import type { VerifyReport } from './proofs.ts';

/** The report as FHIR has the output of an operation: one `check` a check, `status` over all. */
export function parametersOf(report: VerifyReport): Resource {
  const { record, status, checks, pending, checkpoint } = report;
  const results = [
    ...checks.map(({ name, ok, detail }) => ({ name, result: ok ? 'ok' : 'failed', detail })),
    ...pending.map(({ name, detail }) => ({ name, result: 'pending', detail })),
  ];
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'status', valueCode: status },
      { name: 'record', valueUri: `${record.type}/${record.id}/_history/${record.version}` },
      { name: 'leaf', valueString: String(report.leafIndex) },
      ...results.map(({ name, result, detail }) => ({
        name: 'check',
        part: [
          { name: 'name', valueCode: name },
          { name: 'result', valueCode: result },
          { name: 'detail', valueString: detail },
        ],
      })),
      ...(checkpoint
        ? [
            {
              name: 'checkpoint',
              part: [
                { name: 'origin', valueString: checkpoint.origin },
                { name: 'size', valueString: String(checkpoint.size) },
                { name: 'root', valueBase64Binary: checkpoint.root },
                ...(checkpoint.transactionId
                  ? [{ name: 'transaction', valueString: checkpoint.transactionId }]
                  : []),
              ],
            },
          ]
        : []),
    ],
  };
}
