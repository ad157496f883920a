// SPDX-License-Identifier: Apache-2.0
import { ask, Refused, useToken } from './ask.js';
import { show } from './show.js';

/** @param {string} id @returns {any} */
const byId = (id) => document.getElementById(id);

/** The last arrival in the list, after which the older ones come. */
let last = '';

/** Says what went wrong where everybody sees and hears it. @param {() => Promise<void>} step */
async function attempt(step) {
  byId('trouble').textContent = '';
  document.body.ariaBusy = 'true';
  try {
    await step();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    byId('trouble').textContent = error.message;
  } finally {
    document.body.ariaBusy = null;
  }
}

async function list(after = '') {
  const { messages } = await ask(`/inbox/messages?limit=10${after && `&after=${after}`}`);
  if (after === '' || messages.length > 0) byId('latest').replaceChildren(...messages.map(rowOf));
  if (messages.length === 0 && after === '') byId('latest').append(emptyRow());
  last = messages.at(-1)?.arrival ?? last;
  byId('older').disabled = messages.length === 0;
}

/** @param {any} message */
function rowOf(message) {
  const row = document.createElement('tr');
  const time = document.createElement('time');
  time.dateTime = message.receivedAt;
  time.textContent = new Date(message.receivedAt).toLocaleString();
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Show';
  button.setAttribute('aria-label', `Show the message received ${time.textContent}`);
  button.addEventListener('click', () =>
    attempt(async () => present(await ask(`/inbox/${encodeURIComponent(message.id)}/explained`))),
  );
  const { transport, sizeBytes, status, warnings, kept } = message;
  for (const content of [time, transport, sizeBytes, status, warnings, kept, button]) {
    const cell = document.createElement('td');
    cell.append(content instanceof Node ? content : String(content));
    row.append(cell);
  }
  row.dataset['status'] = status;
  return row;
}

function emptyRow() {
  const row = document.createElement('tr');
  const cell = document.createElement('td');
  cell.colSpan = 7;
  cell.textContent = 'No message has come in yet.';
  row.append(cell);
  return row;
}

/** @param {any} answer */
function present(answer) {
  byId('chooser').open = false;
  byId('shown').hidden = false;
  show(answer);
  byId('message-title').focus();
}

/** @param {string | Blob} body @param {string} type */
async function explain(body, type) {
  present(await ask('/explained', { method: 'POST', headers: { 'content-type': type }, body }));
}

byId('token-form').addEventListener('submit', (/** @type {Event} */ event) => {
  event.preventDefault();
  useToken(byId('token').value);
  attempt(async () => {
    await list();
    document.querySelector('main')?.removeAttribute('hidden');
    byId('token').value = '';
    byId('token-form').hidden = true;
    byId('forget').hidden = false;
  });
});
byId('forget').addEventListener('click', () => location.reload());
byId('refresh').addEventListener('click', () => attempt(() => list()));
byId('older').addEventListener('click', () => attempt(() => list(last)));
byId('paste-form').addEventListener('submit', (/** @type {Event} */ event) => {
  event.preventDefault();
  // What is pasted has its characters already, whatever MSH-18 says of the bytes that it once was.
  attempt(() => explain(byId('paste').value, 'text/plain; charset=utf-8'));
});
byId('file').addEventListener('change', () => {
  const [file] = byId('file').files;
  if (file) attempt(() => explain(file, 'application/hl7-v2'));
  byId('file').value = '';
});
