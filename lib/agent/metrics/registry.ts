// prom-client's own entry loads a push gateway, clusters, summaries and OpenTelemetry, and its default metrics watch the event loop
// by a timer (docs/decisions/0051-survey-and-metrics.md). These are the parts of it that are used.
import PromCounter from 'prom-client/lib/counter.js';
import PromGauge from 'prom-client/lib/gauge.js';
import PromHistogram from 'prom-client/lib/histogram.js';
import heapSizeAndUsed from 'prom-client/lib/metrics/heapSizeAndUsed.js';
import osMemoryHeap from 'prom-client/lib/metrics/osMemoryHeap.js';
import processMaxFileDescriptors from 'prom-client/lib/metrics/processMaxFileDescriptors.js';
import processOpenFileDescriptors from 'prom-client/lib/metrics/processOpenFileDescriptors.js';
import processStartTime from 'prom-client/lib/metrics/processStartTime.js';
import version from 'prom-client/lib/metrics/version.js';
import PromRegistry from 'prom-client/lib/registry.js';

/** The value of each label, by its name. */
export type Labels = Readonly<Record<string, string>>;

/** What is so now. */
export interface Gauge {
  /** forgets all that was set */
  reset(): void;
  set(labels: Labels, value: number): void;
}

/** What only grows, from 0 when the agent starts. */
export interface Counter {
  inc(labels: Labels, by?: number): void;
}

/** How long something takes, in seconds. */
export interface Histogram {
  observe(labels: Labels, seconds: number): void;
  zero(labels: Labels): void;
}

/** Metrics in the text format of Prometheus. A name is given once. */
export interface MetricRegistry {
  gauge(name: string, help: string, labels?: readonly string[]): Gauge;
  /** @param read its value, where it is counted elsewhere */
  counter(name: string, help: string, labels?: readonly string[], read?: () => number): Counter;
  histogram(name: string, help: string, how: HistogramShape): Histogram;
  readonly contentType: string;
  text(): Promise<string>;
}

export interface HistogramShape {
  readonly labels: readonly string[];
  /** upper bounds in seconds */
  readonly buckets: readonly number[];
}

/** A registry, with this process's figures in it. */
export function createRegistry(): MetricRegistry {
  const registry = new PromRegistry();
  const registers = [registry];
  for (const add of [
    heapSizeAndUsed,
    osMemoryHeap,
    processMaxFileDescriptors,
    processOpenFileDescriptors,
    processStartTime,
    version,
  ])
    add(registry);
  const counter: MetricRegistry['counter'] = (name, help, labels = [], read) => {
    const made = new PromCounter({
      name,
      help,
      labelNames: [...labels],
      registers,
      ...(read && {
        collect() {
          this.reset();
          this.inc(read());
        },
      }),
    });
    return { inc: (given, by = 1) => made.inc(given, by) };
  };
  counter('process_cpu_seconds_total', 'User and system CPU time of the agent.', [], () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000_000;
  });
  return {
    counter,
    gauge(name, help, labels = []) {
      const made = new PromGauge({ name, help, labelNames: [...labels], registers });
      const reset = () => {
        made.reset();
        // One without labels would be 0 where nothing is known.
        if (labels.length === 0) made.remove();
      };
      reset();
      return { reset, set: (given, value) => made.set(given, value) };
    },
    histogram(name, help, { labels, buckets }) {
      const made = new PromHistogram({
        name,
        help,
        labelNames: [...labels],
        registers,
        buckets: [...buckets],
      });
      return {
        observe: (given, seconds) => made.observe(given, seconds),
        zero: (given) => made.zero(given),
      };
    },
    contentType: registry.contentType,
    text: async () => await registry.metrics(),
  };
}
