// SPDX-License-Identifier: Apache-2.0
import { MappingError } from '../errors.ts';
import type { MappingFiles, SiteFile } from '../files.ts';

interface Part {
  readonly made: unknown;
  /** Names of the parts that it is made of, its own among them. */
  readonly of: ReadonlySet<string>;
}

/**
 * What is compiled of mapping files, part by part, each once. Which others a part asks for is noted while it is made; so a site has the very
 * parts that are common to all, but for those that are made of something that it says otherwise.
 */
export class Parts<Maker> {
  readonly #maker: Maker;
  readonly #common: Parts<Maker> | undefined;
  readonly #otherwise: readonly string[];
  readonly #known = new Map<string, Part>();
  readonly #unfinished = new Map<string, Set<string>>();

  /** `otherwise` names the parts that are different from those of `common`. */
  constructor(maker: Maker, common?: Parts<Maker>, otherwise: readonly string[] = []) {
    this.#maker = maker;
    this.#common = common;
    this.#otherwise = otherwise;
  }

  /** A part by its name, which says what it is: one name is always made the same way, of what its maker says. */
  get<T>(name: string, make: (maker: Maker) => T): T {
    const { made, of } = this.#find(name, make);
    for (const names of this.#unfinished.values()) for (const each of of) names.add(each);
    return made as T;
  }

  #find(name: string, make: (maker: Maker) => unknown): Part {
    const known = this.#known.get(name);
    if (known) return known;
    // Of what is different there may be no common one, or a wrong one.
    if (this.#common && !this.#otherwise.includes(name)) {
      const common = this.#common.#find(name, make);
      if (!this.#otherwise.some((each) => common.of.has(each))) return common;
    }
    const part = this.#make(name, make);
    this.#known.set(name, part);
    return part;
  }

  #make(name: string, make: (maker: Maker) => unknown): Part {
    if (this.#unfinished.has(name)) throw new MappingError(`${name} is made of itself`);
    const of = new Set([name]);
    this.#unfinished.set(name, of);
    try {
      return { made: make(this.#maker), of };
    } finally {
      this.#unfinished.delete(name);
    }
  }
}

/** Names of the parts that a site says otherwise: `codes`, `rows` of a map, `type`, `choice`. */
export function saidOtherwise(site: Partial<SiteFile>, { choices }: Pick<MappingFiles, 'choices'>): string[] {
  return [
    ...Object.keys(site.codes ?? {}).map((name) => `codes ${name}`),
    ...Object.keys(site.rows ?? {}).flatMap((name) => [`rows ${name}`, `type ${name}`]),
    ...Object.entries(site.choices ?? {}).flatMap(([name, said]) =>
      said === choices[name] ? [] : `choice ${name}`,
    ),
  ];
}
