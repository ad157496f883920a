// SPDX-License-Identifier: Apache-2.0
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What Prometheus scrapes at `/metrics`. Labels are codes of our own, never anything a caller wrote. */
export function openMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'mooring_' });
  const registers = [registry];
  return {
    registry,
    requests: new Histogram({
      name: 'mooring_http_request_seconds',
      help: 'HTTP requests, by method and status class',
      labelNames: ['method', 'status'],
      buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      registers,
    }),
    gauge(name, help, read) {
      new Gauge({
        name: `mooring_${name}`,
        help,
        registers,
        async collect() {
          this.set(await read());
        },
      });
    },
    gaugeBy(label, name, help, read) {
      new Gauge({
        name: `mooring_${name}`,
        help,
        labelNames: [label],
        registers,
        async collect() {
          for (const [value, number] of Object.entries(await read())) this.set({ [label]: value }, number);
        },
      });
    },
  };
}

export interface Metrics {
  readonly registry: Registry;
  readonly requests: Histogram<'method' | 'status'>;
  /** A gauge whose value is asked for when scraped. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  /** The same with a label, whose values are the names that `read` answers. */
  gaugeBy(label: string, name: string, help: string, read: () => Promise<Record<string, number>>): void;
}
