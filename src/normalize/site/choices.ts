// SPDX-License-Identifier: Apache-2.0
import { MappingError } from '../errors.ts';
import type { MappingFiles, SiteFile } from '../files.ts';
import type { Choices } from '../language/condition.ts';

/** What a site has chosen, or holds where it says nothing. Throws MappingError for what is no choice, or neither yes nor no. */
export function choicesOf(files: Pick<MappingFiles, 'choices'>, site: Pick<SiteFile, 'choices'>): Choices {
  const unknown = Object.keys(site.choices ?? {}).find((name) => files.choices[name] === undefined);
  if (unknown !== undefined) throw new MappingError(`there is no choice ${unknown}`);
  const made = new Map(Object.entries({ ...files.choices, ...site.choices }));
  for (const [name, said] of made)
    if (said !== 'yes' && said !== 'no')
      throw new MappingError(`the choice ${name} is yes or no, not ${said}`);
  return (name) => {
    const said = made.get(name);
    if (said === undefined) throw new MappingError(`there is no choice ${name}`);
    return said === 'yes';
  };
}
