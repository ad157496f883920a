// SPDX-License-Identifier: Apache-2.0

/** The part of hl7-standard that we build with, and test against. */
declare module 'hl7-standard' {
  export interface BuiltSegment {
    set(field: string, value: string): unknown;
  }

  export default class HL7 {
    constructor(data: string, options?: { lineEndings?: string });
    transform(): void;
    createSegment(name: string): BuiltSegment;
    get(field: string): unknown;
    build(): string;
  }
}
