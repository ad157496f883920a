// SPDX-License-Identifier: Apache-2.0
import { FORMS } from './messages.ts';
import type { Timed } from './rounds.ts';
import type { Weight } from './weigh.ts';

/** Median of the rounds, and the half of them that lies around it. */
export function ratesTable(names: readonly string[], timed: readonly Timed[]): string {
  return table(
    ['messages per second of one processor', ...FORMS.map(({ name }) => name)],
    names.map((name, subject) => [name, ...FORMS.map((form) => rateOf(cellOf(timed, subject, form)))]),
  );
}

/** What a result costs in a short message and in a long one. */
export function growthTable(names: readonly string[], timed: readonly Timed[]): string {
  const forms = FORMS.filter(({ results }) => results > 2);
  const [fewest, most] = [forms[0]!.results, forms.at(-1)!.results];
  return table(
    ['µs per OBX, of', ...forms.map(({ results }) => count(results)), `${count(most)} to ${fewest}`],
    names.map((name, subject) => {
      const each = forms.map((form) => cellOf(timed, subject, form).map((seconds) => seconds / form.results));
      // Of the same round each, so that a slow one slows both.
      const ratio = median(each.at(-1)!.map((seconds, round) => seconds / each[0]![round]!));
      return [name, ...each.map((seconds) => short(median(seconds) * 1e6)), ratio.toFixed(2)];
    }),
  );
}

export function weightsTable(names: readonly string[], weights: readonly (readonly Weight[])[]): string {
  return table(
    ['kB allocated / kept', ...FORMS.map(({ name }) => name)],
    names.map((name, subject) => [
      name,
      ...weights[subject]!.map(({ allocated, kept }) => `${short(allocated / 1000)} / ${short(kept / 1000)}`),
    ]),
  );
}

function cellOf(timed: readonly Timed[], subject: number, form: (typeof FORMS)[number]): readonly number[] {
  return timed.find((cell) => cell.subject === subject && cell.form === form)!.seconds;
}

function rateOf(seconds: readonly number[]): string {
  const [low, high] = [1 / quantile(seconds, 0.75), 1 / quantile(seconds, 0.25)];
  return `${short(1 / median(seconds))} (${short(low)}–${short(high)})`;
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)]!;
}

/** To two digits at least. */
export function short(value: number): string {
  return value < 99.5 ? value.toPrecision(2) : count(value);
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** In Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return `${line(head)}|---${'|---:'.repeat(head.length - 1)}|\n${rows.map(line).join('')}`;
}
