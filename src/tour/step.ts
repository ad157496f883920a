// SPDX-License-Identifier: Apache-2.0
import type { Terminal } from '../cli/terminal.ts';

/** What one step did: the request as sent, what came back, and whether that is what the story promises. */
export interface Outcome {
  readonly sent: string;
  readonly got: string;
  readonly asExpected: boolean;
}

export interface Step {
  readonly title: string;
  run(): Promise<Outcome>;
}

/** Plays the steps in order and prints each; a step that goes wrong doesn't stop the rest. Resolves with the titles of those that did. */
export async function play(steps: readonly Step[], terminal: Terminal): Promise<string[]> {
  const wrong: string[] = [];
  for (const [index, step] of steps.entries()) {
    terminal.out(`\n${index + 1}. ${step.title}`);
    const outcome = await step
      .run()
      .catch((error: Error) => ({ sent: '', got: `failed: ${error.message}`, asExpected: false }));
    if (outcome.sent) terminal.out(indent('→', outcome.sent));
    terminal.out(indent('←', outcome.got));
    terminal.out(outcome.asExpected ? '   as expected' : '   NOT AS EXPECTED');
    if (!outcome.asExpected) wrong.push(step.title);
  }
  return wrong;
}

function indent(mark: string, text: string): string {
  return text
    .split('\n')
    .map((line, at) => (at === 0 ? `   ${mark} ${line}` : `     ${line}`))
    .join('\n');
}
