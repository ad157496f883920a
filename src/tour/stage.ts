// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'fhir-kit-client';
import { askOperator, type OperatorOptions } from '../cli/operator.ts';
import { askToken } from '../cli/token.ts';
import { connectMllp } from '../ingest/mllp-client.ts';

/** The running network that the story is played against, and who acts in it. */
export interface Stage {
  readonly url: string;
  /** The hospital's own system. */
  readonly hospital: Client;
  /** The clinic's, at the hospital's bridge. */
  readonly clinic: Client;
  /** A GET as the clinic, as text: a receipt is a file, not a resource. */
  fetchAsClinic(path: string): Promise<string>;
  sendHl7(message: string): Promise<string>;
  operator(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown>;
}

export interface StageOptions {
  readonly url: string;
  readonly mllp: { readonly host: string; readonly port: number };
  /** `data` of `npm start`: the keys of the two clients are in it, and the operator's token. */
  readonly dataDir: string;
}

export async function openStage(options: StageOptions): Promise<Stage> {
  const { url, mllp, dataDir } = options;
  const operator: OperatorOptions = { url, dataDir: join(dataDir, 'hospital') };
  if (!existsSync(join(dataDir, 'demo')))
    throw new Error(
      `no demonstration in ${dataDir}: start one with "npm start", or name its folder with --data-dir`,
    );
  const tokenOf = (client: string) =>
    askToken({ url, client, key: join(dataDir, 'demo', `${client}.jwk`), scope: 'system/*.cruds' });
  const clientWith = (bearerToken: string) => new Client({ baseUrl: `${url}/fhir`, bearerToken });
  const clinicToken = await tokenOf('clinic-app');
  return {
    url,
    hospital: clientWith(await tokenOf('hospital-ehr')),
    clinic: clientWith(clinicToken),
    async fetchAsClinic(path) {
      const response = await fetch(`${url}/fhir/${path}`, {
        headers: { authorization: `Bearer ${clinicToken}` },
      });
      return response.text();
    },
    async sendHl7(message) {
      const sender = await connectMllp(mllp);
      try {
        return (await sender.send(Buffer.from(message))).toString('utf8');
      } finally {
        await sender.close();
      }
    },
    operator: (method, path, body) => askOperator(operator, method, path, body),
  };
}
