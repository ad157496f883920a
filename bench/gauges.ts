// SPDX-License-Identifier: Apache-2.0

/** What `/metrics` says: the value of a gauge without a label, or the one of channel `exchange`. */
export async function readGauges({ url }: { readonly url: string }): Promise<(name: string) => number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return (name) => {
    const found = new RegExp(`^mooring_${name}(?:\\{channel="exchange"\\})? (\\S+)$`, 'm').exec(text)?.[1];
    if (found === undefined) throw new Error(`the bridge has no metric ${name}`);
    return Number(found);
  };
}
