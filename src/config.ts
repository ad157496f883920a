// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';
import { parse } from 'yaml';

/**
 * Every setting: its default, what it may be, and what it is for. In the configuration file it has this name, in the
 * environment `MOORING_` and the name in capitals (`httpPort` is `MOORING_HTTP_PORT`).
 */
const SETTINGS = {
  organization: {
    type: 'string',
    pattern: '^[a-z][a-z0-9_]{0,30}$',
    default: 'hospital',
    about: 'id of the organization on the ledger, and its schema in the database',
    expected: 'lower-case letters, digits and _',
  },
  organizationName: {
    type: 'string',
    minLength: 1,
    default: 'Harbour Hospital',
    about: 'the name people read',
    expected: 'a name',
  },
  role: {
    enum: ['hospital', 'clinic', 'laboratory', 'pharmacy'],
    default: 'hospital',
    about: 'role of the organization as a participant',
    expected: 'hospital, clinic, laboratory or pharmacy',
  },
  mspId: {
    type: 'string',
    minLength: 1,
    default: 'HospitalMSP',
    about: 'membership service provider on the ledger',
    expected: 'an MSP id',
  },
  dataDir: {
    type: 'string',
    minLength: 1,
    default: 'data',
    about: 'folder of keys, embedded database and journal',
    expected: 'a folder',
  },
  databaseUrl: {
    type: 'string',
    pattern: '^(postgres(ql)?://.+)?$',
    default: '',
    about: 'PostgreSQL to use instead of the embedded one',
    expected: 'a postgres:// URL',
  },
  ledger: {
    enum: ['embedded', 'fabric'],
    default: 'embedded',
    about: 'where consents and checkpoints are agreed on',
    expected: 'embedded or fabric',
  },
  channels: {
    type: 'string',
    // None twice, and none called as the explorer calls the history of consents.
    pattern:
      '^(?!(.*,)?consents(,|$))(?!(.*,)?([^,]+),(.*,)?\\4(,|$))[a-z][a-z0-9.-]{0,62}(,[a-z][a-z0-9.-]{0,62})*$',
    default: 'exchange',
    about: 'channels of the ledger that the organization is on, its home channel first',
    expected: 'different names with commas between them, and none of them "consents"',
  },
  fabricConnections: {
    type: 'string',
    minLength: 1,
    default: '.fabric/connections',
    about: 'folder with a connection file per organization, such as hospital.json; for the ledger fabric',
    expected: 'a folder',
  },
  host: {
    type: 'string',
    minLength: 1,
    default: '127.0.0.1',
    about: 'address to listen on',
    expected: 'an address',
  },
  httpPort: {
    type: 'integer',
    minimum: 0,
    maximum: 65535,
    default: 8080,
    about: 'FHIR, log and health',
    expected: 'a port number',
  },
  mllpPort: {
    type: 'integer',
    minimum: 0,
    maximum: 65535,
    default: 2575,
    about: 'HL7v2 over MLLP',
    expected: 'a port number',
  },
  baseUrl: {
    type: 'string',
    pattern: '^(https?://[^/]+)?$',
    default: '',
    about: 'how clients reach the bridge; default: from host and port',
    expected: 'an http(s) URL without a path',
  },
  mllpTlsKey: {
    type: 'string',
    default: '',
    about: 'PEM file; with mllpTlsCert, MLLP speaks TLS',
    expected: 'a file',
  },
  mllpTlsCert: { type: 'string', default: '', about: 'PEM file', expected: 'a file' },
  mllpTlsClientCa: {
    type: 'string',
    default: '',
    about: 'PEM file; senders must then show a certificate it issued',
    expected: 'a file',
  },
  maxMessageBytes: {
    type: 'integer',
    minimum: 1024,
    maximum: 268435456,
    default: 10485760,
    about: 'largest HL7v2 message',
    expected: 'a number of bytes',
  },
  maxBodyBytes: {
    type: 'integer',
    minimum: 1024,
    maximum: 268435456,
    default: 10485760,
    about: 'largest FHIR request body',
    expected: 'a number of bytes',
  },
  mllpConnections: {
    type: 'integer',
    minimum: 1,
    maximum: 100000,
    default: 256,
    about: 'MLLP connections at a time',
    expected: 'a number',
  },
  mllpIdleMs: {
    type: 'integer',
    minimum: 100,
    maximum: 86400000,
    default: 600000,
    about: 'an MLLP connection silent for so long is closed',
    expected: 'milliseconds',
  },
  requestsPerMinute: {
    type: 'integer',
    minimum: 1,
    maximum: 100000000,
    default: 60000,
    about: 'HTTP requests a minute from one address',
    expected: 'a number',
  },
  anchorIntervalMs: {
    type: 'integer',
    minimum: 10,
    maximum: 86400000,
    default: 1000,
    about: 'a checkpoint is anchored at least so often, when there is something new',
    expected: 'milliseconds',
  },
  anchorLeaves: {
    type: 'integer',
    minimum: 1,
    maximum: 10000000,
    default: 5000,
    about: 'or when so many leaves wait',
    expected: 'a number',
  },
  consentMaxAgeMs: {
    type: 'integer',
    minimum: 100,
    maximum: 86400000,
    default: 30000,
    about: 'a projection of the ledger older than this decides nothing',
    expected: 'milliseconds',
  },
  mappings: {
    type: 'string',
    default: '',
    about: 'folder of mapping files; default: the ones that come with the program',
    expected: 'a folder',
  },
  defaultZone: {
    type: 'string',
    pattern: '^(Z|[+-]\\d{2}:\\d{2})$',
    default: 'Z',
    about: 'zone of HL7v2 times that name none',
    expected: 'Z or +01:00',
  },
  messagesOrigins: {
    enum: ['stored', 'asked'],
    default: 'stored',
    about:
      'whether the Provenance of a message tells where each element came from, or who wants to know asks',
    expected: 'stored or asked',
  },
  messagesOrder: {
    enum: ['event', 'arrival'],
    default: 'event',
    about: 'which of two HL7v2 messages is newer: by when it was recorded (EVN-2, MSH-7), or by when it came',
    expected: 'event or arrival',
  },
  logLevel: {
    enum: ['fatal', 'error', 'warn', 'info', 'debug', 'silent'],
    default: 'info',
    about: 'how much is logged',
    expected: 'fatal, error, warn, info, debug or silent',
  },
} as const;

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
