// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';
import { parse } from 'yaml';
import { SETTINGS } from './settings.ts';

type Setting = keyof typeof SETTINGS;
type Value<S extends Setting> = (typeof SETTINGS)[S] extends { readonly enum: readonly (infer V)[] }
  ? V
  : (typeof SETTINGS)[S] extends { readonly type: 'integer' }
    ? number
    : string;

export type Config = { readonly [S in Setting]: Value<S> };

export const DEFAULT_DATA_DIR: string = SETTINGS.dataDir.default;

/** A setting that can't be used, named as the user wrote it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const validate = new Ajv({
  allErrors: true,
  coerceTypes: true,
  useDefaults: true,
  strict: false,
}).compile<Config>({
  type: 'object',
  properties: SETTINGS,
  additionalProperties: false,
});

/** The defaults, then the file (YAML), then `MOORING_…` variables, then what the caller insists on. Throws ConfigError naming each wrong setting. */
export function readConfig(
  environment: NodeJS.ProcessEnv,
  file?: string,
  overrides: { readonly [S in Setting]?: Value<S> } = {},
): Config {
  const settings: Record<string, unknown> = {};
  const sources = new Map<string, string>();
  for (const [name, value] of Object.entries(fileSettings(file))) {
    settings[name] = value;
    sources.set(name, `${name} in ${file}`);
  }
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('MOORING_') || variable.startsWith('MOORING_TEST_')) continue;
    const name = settingOf(variable);
    settings[name] = value;
    sources.set(name, variable);
  }
  Object.assign(settings, overrides);
  const given = { ...settings };
  if (!validate(settings)) {
    const lines = (validate.errors ?? []).map((error) => explain(error, given, sources));
    throw new ConfigError([...new Set(lines)].join('\n'));
  }
  return settings as Config;
}

/** One line a setting, for `mooring config`. */
export function describeSettings(config: Config): string[] {
  return (Object.keys(SETTINGS) as Setting[]).map(
    (name) => `${name}: ${JSON.stringify(config[name])}  # ${SETTINGS[name].about} (${variableOf(name)})`,
  );
}

function fileSettings(file: string | undefined): Record<string, unknown> {
  if (file === undefined) return {};
  if (!existsSync(file)) throw new ConfigError(`configuration file ${file} does not exist`);
  const content: unknown = parse(readFileSync(file, 'utf8')) ?? {};
  if (typeof content !== 'object' || Array.isArray(content))
    throw new ConfigError(`${file}: expected one setting a line, name: value`);
  return content as Record<string, unknown>;
}

function variableOf(name: string): string {
  return `MOORING_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function settingOf(variable: string): string {
  const found = (Object.keys(SETTINGS) as Setting[]).find((name) => variableOf(name) === variable);
  return found ?? variable;
}

function explain(error: ErrorObject, given: Record<string, unknown>, sources: Map<string, string>): string {
  if (error.keyword === 'additionalProperties') {
    const name = String(error.params['additionalProperty']);
    return `${sources.get(name) ?? name} is no setting; see: mooring config`;
  }
  const name = error.instancePath.slice(1) as Setting;
  return `${sources.get(name) ?? name} is ${JSON.stringify(given[name])}: expected ${SETTINGS[name].expected}`;
}

/** The names of `channels`, the home channel first. */
export function channelNames({ channels }: Pick<Config, 'channels'>): readonly [string, ...string[]] {
  const [home = '', ...others] = channels.split(',');
  return [home, ...others];
}
