// SPDX-License-Identifier: Apache-2.0
import { setTimeout as after } from 'node:timers/promises';
import { connectMllp } from '../../src/ingest/mllp-client.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { Member } from '../../test/fabric/support/member.ts';
import { everything } from '../../test/network/client.ts';
import { admission, code } from '../../test/network/messages.ts';
import { readGauges } from '../gauges.ts';
import { printSpread, spread } from '../rate.ts';
import { type Arrival, type BlockWatch, epochMs, watchBlocks } from './blocks.ts';

const CONNECTIONS = 16;
/** Of so many messages the place in the log is asked for. */
const SAMPLED = 500;
const SETTLED_MS = 300_000;

export interface Pace {
  readonly perSecond: number;
  readonly forMs: number;
  /** Number of the first message; each is about another patient. */
  readonly first: number;
}

interface Acknowledged {
  /** Epoch milliseconds: when it was to be sent, whether or not others were late, and when the AA was read. */
  readonly dueAt: number;
  readonly ackedAt: number;
}

/** Messages at a steady pace, and how long after their AA the channel has a checkpoint over what they led to. */
export async function messages(hospital: Member, ledger: Ledger, pace: Pace): Promise<void> {
  const blocks = await watchBlocks(ledger, 'mooring.example/hospital');
  const acknowledged = await sendAll(hospital, pace);
  const times = [...acknowledged.values()];
  const tookS = (Math.max(...times.map(({ ackedAt }) => ackedAt)) - times[0]!.dueAt) / 1000;
  await settled(hospital, blocks);
  await blocks.stop();
  console.log(
    `${pace.perSecond} messages/s for ${pace.forMs / 1000} s: ${(times.length / tookS).toFixed(0)}/s acknowledged`,
  );
  printSpread('  due to AA', spread(times.map(({ dueAt, ackedAt }) => ackedAt - dueAt)));
  const followed = await follow(hospital, acknowledged, blocks.arrivals);
  printSpread('  AA to stored', spread(followed.map(({ storedMs }) => storedMs)));
  printSpread(
    '  stored to anchored',
    spread(followed.map(({ anchoredMs, storedMs }) => anchoredMs - storedMs)),
  );
  printSpread('  AA to anchored', spread(followed.map(({ anchoredMs }) => anchoredMs)));
}

/** An open loop: a message goes when it is due, whatever became of those before it. */
async function sendAll(
  { bridge }: Member,
  { perSecond, forMs, first }: Pace,
): Promise<Map<number, Acknowledged>> {
  const open = () => connectMllp({ host: '127.0.0.1', port: bridge.mllpPort });
  const senders = await Promise.all(Array.from({ length: CONNECTIONS }, open));
  const acknowledged = new Map<number, Acknowledged>();
  const sending: Promise<void>[] = [];
  const beganAt = epochMs();
  for (let n = 0; n < (perSecond * forMs) / 1000; n += 1) {
    const dueAt = beganAt + (n * 1000) / perSecond;
    while (epochMs() < dueAt) await after(1);
    const send = async () => {
      const answer = await senders[n % CONNECTIONS]!.send(admission(first + n));
      if (code(answer) !== 'AA') throw new Error(`expected AA, got ${code(answer)}`);
      acknowledged.set(first + n, { dueAt, ackedAt: epochMs() });
    };
    sending.push(send());
  }
  await Promise.all(sending);
  await Promise.all(senders.map((sender) => sender.close()));
  return acknowledged;
}

/** Everything is processed, and the last block that arrived has a checkpoint over all of it. */
async function settled({ bridge }: Member, { arrivals }: BlockWatch): Promise<void> {
  for (const until = performance.now() + SETTLED_MS; performance.now() < until; ) {
    const gauge = await readGauges(bridge);
    const anchored = arrivals.findLast(({ size }) => size !== undefined)?.size;
    const isTakenIn = gauge('hl7v2_messages_waiting') === 0 && gauge('log_backlog') === 0;
    if (isTakenIn && anchored === gauge('log_size')) return;
    await after(250);
  }
  throw new Error(`messages wait still after ${SETTLED_MS} ms`);
}

/** Milliseconds from the AA until the message's Patient was stored, and until a block with a checkpoint over its leaf had arrived. */
async function follow(
  hospital: Member,
  acknowledged: ReadonlyMap<number, Acknowledged>,
  arrivals: readonly Arrival[],
): Promise<{ storedMs: number; anchoredMs: number }[]> {
  const every = Math.ceil(acknowledged.size / SAMPLED);
  const patients = await everything(hospital.bridge, await hospital.token(), 'Patient');
  const token = await hospital.token();
  const found: { storedMs: number; anchoredMs: number }[] = [];
  for (const patient of patients) {
    const number = Number(/^M(\d+)$/.exec(identifierOf(patient))?.[1] ?? Number.NaN);
    const known = acknowledged.get(number);
    if (!known || number % every !== 0) continue;
    const leaf = await leafOf(hospital, patient.id ?? '', token);
    const covering = arrivals.find(({ size }) => size !== undefined && size > leaf);
    if (!covering) throw new Error(`leaf ${leaf} is under no checkpoint`);
    const storedAt = Date.parse(String((patient['meta'] as { lastUpdated: string }).lastUpdated));
    found.push({ storedMs: storedAt - known.ackedAt, anchoredMs: covering.at - known.ackedAt });
  }
  return found;
}

function identifierOf(patient: { readonly [element: string]: unknown }): string {
  const [first] = (patient['identifier'] ?? []) as { readonly value?: string }[];
  return first?.value ?? '';
}

/** All that a message leads to is stored in one transaction, so a checkpoint is over all of its leaves or over none. */
async function leafOf(hospital: Member, id: string, token: string): Promise<number> {
  const { status, text } = await hospital.fhir('GET', `Patient/${id}/_history/1/$verify`, token);
  if (status !== 200) throw new Error(`$verify answered ${status}`);
  const { parameter } = JSON.parse(text) as { parameter: { name: string; valueString?: string }[] };
  return Number(parameter.find(({ name }) => name === 'leaf')?.valueString);
}
