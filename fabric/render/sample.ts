// SPDX-License-Identifier: Apache-2.0
import { parseDocument } from 'yaml';

/** Settings by their path, such as `peer.tls.enabled`. */
export type Changes = Readonly<Record<string, unknown>>;

/**
 * Fabric's own sample of a configuration file with some settings changed. A node's whole configuration is then in one file:
 * a variable of the environment can't be empty, which is what `vm.endpoint` has to be.
 */
export function changeSample(sample: string, changes: Changes): string {
  const document = parseDocument(sample);
  for (const [path, value] of Object.entries(changes)) document.setIn(path.split('.'), value);
  return document.toString();
}
