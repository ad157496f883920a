// SPDX-License-Identifier: Apache-2.0

const decoders = new Map<string, InstanceType<typeof TextDecoder>>();

/** The text of the bytes by a WHATWG label, or undefined when they are not of that encoding. */
export function decodeWith(encoding: string, bytes: Uint8Array): string | undefined {
  let decoder = decoders.get(encoding);
  if (!decoder) {
    decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
    decoders.set(encoding, decoder);
  }
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined; // fatal decoders throw on the first wrong byte
  }
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
