// SPDX-License-Identifier: Apache-2.0
import { follow } from './follow.js';
import { showMessage } from './message-side.js';
import { Pairs } from './pairs.js';
import { showResources } from './resource-side.js';

/** @typedef {import('./pairs.js').Origin} Origin */

/** @param {string} id @returns {any} */
const byId = (id) => document.getElementById(id);

/** What is to be undone before another message is shown. */
let shown = new AbortController();

const HINT = 'Point at a value, or move to it with the arrow keys, to see where it went or came from.';

/** A message beside its resources. @param {{ message?: any, explained?: any, problem?: any }} answer */
export function show({ message, explained, problem }) {
  shown.abort();
  shown = new AbortController();
  const { signal } = shown;
  const pairs = new Pairs(explained);
  const sides = { message: byId('message'), resources: byId('resources') };
  const messagePane = showMessage(sides.message, message ?? NONE, pairs);
  const resourcePane = showResources(sides.resources, pairs);
  signal.addEventListener('abort', () => {
    messagePane.close();
    resourcePane.close();
  });
  if (!message) sides.message.textContent = 'The message could not be read.';
  if (!explained) sides.resources.textContent = 'The message could not be converted.';
  tell(pairs, undefined, [], true);
  follow({ ...sides, messagePane, resourcePane, pairs, signal, tell: (...said) => tell(pairs, ...said) });
  const issues = problem ? [issueOf(problem)] : (pairs.report?.issue ?? []);
  byId('issues').replaceChildren(...issues.map((/** @type {any} */ issue) => itemOf(issue, messagePane)));
}

const NONE = { text: '', delimiters: {}, segments: [] };

/** What is said of a value: where it went or came from, and by which row. @param {Pairs} pairs @param {string | undefined} key @param {Origin[]} origins @param {boolean} onMessage */
function tell(pairs, key, origins, onMessage) {
  const strip = byId('strip');
  if (key === undefined) return strip.replaceChildren(HINT);
  const own = onMessage ? key : key.slice(key.indexOf(' ') + 1);
  const facts = document.createElement('span');
  facts.className = 'facts';
  for (const { path, field, row } of origins.slice(0, MAX_FACTS)) {
    const fact = document.createElement('span');
    const twin = onMessage ? path : field;
    if (twin) fact.append(onMessage ? '→ ' : '← ', code(twin), ' ');
    fact.append(
      twin ? 'by ' : 'written by ',
      row === 'unmapped' ? 'no row: kept in an extension' : code(row),
    );
    facts.append(fact);
  }
  const more = origins.length - MAX_FACTS;
  if (more > 0) facts.append(`and ${more} more`);
  if (origins.length === 0) facts.append(silence(pairs, own, onMessage));
  strip.replaceChildren(code(own, 'own'), ' ', facts);
}

const MAX_FACTS = 4;

/** @param {Pairs} pairs @param {string} key @param {boolean} onMessage */
function silence(pairs, key, onMessage) {
  if (!onMessage) return 'added by the bridge: an identity, a reference or a fixed part';
  const rule = pairs.ruleFor(key);
  if (rule !== undefined) return `left out by the rule ${rule}`;
  return 'no element names it: it was part of an identity, a condition or another value';
}

/** @param {{ code: string, text: string, place?: string }} problem */
function issueOf({ code, text, place }) {
  return { severity: 'error', diagnostics: `${text} (HL7 error ${code})`, expression: place ? [place] : [] };
}

/** @param {any} issue @param {import('./pane.js').Pane} pane */
function itemOf({ severity, diagnostics, expression = [] }, pane) {
  const item = document.createElement('li');
  item.className = severity;
  const mark = document.createElement('strong');
  mark.textContent = severity;
  item.append(mark, ` ${diagnostics} `);
  for (const place of expression.slice(0, MAX_PLACES)) item.append(placeButton(place, pane), ' ');
  if (expression.length > MAX_PLACES) item.append(`and ${expression.length - MAX_PLACES} more`);
  return item;
}

const MAX_PLACES = 40;

/** Leads to the first value there. @param {string} place @param {import('./pane.js').Pane} pane */
function placeButton(place, pane) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'place';
  button.textContent = place;
  button.addEventListener('click', () => {
    const found = pane.find(place);
    if (found) pane.focus(found);
  });
  return button;
}

/** @param {string} text */
function code(text, className = '') {
  const made = document.createElement('code');
  made.textContent = text;
  if (className) made.className = className;
  return made;
}
