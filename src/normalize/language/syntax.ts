// SPDX-License-Identifier: Apache-2.0

const ROW =
  /^(?<path>\S+) = (?<source>"[^"]*"|@\w+!?|delete|keep|\S+)(?: where (?<where>.+?))?(?: as (?<type>[\w/-]+)(?<strict>!)?)?(?: with (?<codes>[\w-]+))?(?: for (?<through>\S+))?(?: given (?<present>[\w.]+\*?))?(?: unless (?<absent>[\w.]+\*?))?(?: if (?<condition>.+))?$/;

/** The parts of a row by name; undefined when it is none. */
export function splitRow(text: string): Readonly<Record<string, string | undefined>> | undefined {
  return ROW.exec(text)?.groups;
}
