// SPDX-License-Identifier: Apache-2.0
import { createHmac, randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder, writeDurably } from '../sql/files.ts';
import { KeyError } from './errors.ts';
import type { Keyring, SecretPurpose } from './keyring.ts';
import { KEY_BYTES, seal, unseal } from './seal.ts';

const FILE_NAME = 'keyring.json';
const VERSION_BYTES = 4;

interface Content {
  /** Key-encryption keys by version, base64. The newest wraps; the older ones still unwrap. */
  readonly keys: Readonly<Record<string, string>>;
  readonly newest: number;
  /** Wrapped by a key-encryption key, base64: all purposes' secrets come from this one. */
  readonly root: string;
}

export interface FileKeyring extends Keyring {
  /** A new key-encryption key wraps from now on. What older ones wrapped stays readable. */
  rotate(): Promise<void>;
}

/**
 * The development keyring: keys in a file that only its owner may read. Whoever has the file has everything, so a production keyring
 * is a KMS or an HSM behind the same interface.
 */
export async function openFileKeyring(folder: string): Promise<FileKeyring> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, FILE_NAME);
  let content = await readContent(path);
  if (!content) {
    await createOnce(path, JSON.stringify(newContent()));
    content = await readContent(path);
  }
  if (!content) throw new KeyError('KEYRING_DAMAGED', `${path} was made and is gone again`);
  return new KeyringInFile(path, content);
}

class KeyringInFile implements FileKeyring {
  readonly #path: string;
  #content: Content;
  #root: Buffer;

  constructor(path: string, content: Content) {
    this.#path = path;
    this.#content = content;
    this.#root = unwrapWith(content, Buffer.from(content.root, 'base64'), 'root');
  }

  async wrap(key: Uint8Array, context: string): Promise<Uint8Array> {
    return wrapWith(this.#content, key, context);
  }

  async unwrap(wrapped: Uint8Array, context: string): Promise<Uint8Array> {
    return unwrapWith(this.#content, wrapped, context);
  }

  async secret(purpose: SecretPurpose): Promise<Uint8Array> {
    // One-block HKDF-Expand (RFC 5869 §2.3): independent secrets of one random root, none of which tells another.
    return createHmac('sha256', this.#root).update(`mooring/${purpose}`).update('\x01').digest();
  }

  async rotate(): Promise<void> {
    const newest = this.#content.newest + 1;
    const keys = { ...this.#content.keys, [newest]: randomBytes(KEY_BYTES).toString('base64') };
    const root = wrapWith({ keys, newest, root: '' }, this.#root, 'root').toString('base64');
    const content: Content = { keys, newest, root };
    await writeDurably(this.#path, JSON.stringify(content));
    this.#content = content;
  }
}

function wrapWith(content: Content, key: Uint8Array, context: string): Buffer {
  const version = Buffer.alloc(VERSION_BYTES);
  version.writeUInt32BE(content.newest);
  return Buffer.concat([version, seal(keyOf(content, content.newest), key, context)]);
}

function unwrapWith(content: Content, wrapped: Uint8Array, context: string): Buffer {
  const bytes = Buffer.from(wrapped);
  if (bytes.length < VERSION_BYTES) throw unwrapFailed(context);
  const key = unseal(keyOf(content, bytes.readUInt32BE()), bytes.subarray(VERSION_BYTES), context);
  if (!key) throw unwrapFailed(context);
  return key;
}

function keyOf(content: Content, version: number): Buffer {
  const text = content.keys[String(version)];
  if (text === undefined)
    throw new KeyError('UNWRAP_FAILED', `this keyring has no key of version ${version}`);
  return Buffer.from(text, 'base64');
}

function unwrapFailed(context: string): KeyError {
  return new KeyError('UNWRAP_FAILED', `the key wrapped for ${context} can't be unwrapped`);
}

function newContent(): Content {
  const keys = { 1: randomBytes(KEY_BYTES).toString('base64') };
  const root = wrapWith({ keys, newest: 1, root: '' }, randomBytes(KEY_BYTES), 'root').toString('base64');
  return { keys, newest: 1, root };
}

async function readContent(path: string): Promise<Content | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
  const content = parseContent(text);
  if (!content) throw new KeyError('KEYRING_DAMAGED', `${path} is no keyring: restore it from a backup`);
  return content;
}

function parseContent(text: string): Content | undefined {
  try {
    const { keys, newest, root } = JSON.parse(text) as Content;
    const whole = Object.values(keys).every((key) => Buffer.from(key, 'base64').length === KEY_BYTES);
    return whole && keys[String(newest)] !== undefined && typeof root === 'string'
      ? { keys, newest, root }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Two processes that start together must end with one keyring: a link never replaces what is there. */
async function createOnce(path: string, text: string): Promise<void> {
  const own = `${path}.${randomBytes(8).toString('hex')}`;
  const file = await open(own, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    await file.close();
    await chmod(own, 0o600);
    await link(own, path);
    await syncFolder(join(path, '..'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  } finally {
    await rm(own, { force: true });
  }
}
