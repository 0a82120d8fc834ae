// A histogram for hot paths: the usual one hashes its labels at every observation, this one adds to numbers that were found
// once. What it prints is the same.

import type { Metric, Registry } from "prom-client";

export interface DurationTallyOptions {
  name: string;
  help: string;
  labelNames: readonly string[];
  registry: Registry;
}

const boundsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export class DurationSeries {
  /** The last one is what was longer than every bound. */
  readonly counts = new Array<number>(boundsSeconds.length + 1).fill(0);
  sum = 0;

  /** What began at `performance.now()` ends here. */
  since(startedAtMs: number): void {
    this.observe((performance.now() - startedAtMs) / 1000);
  }

  observe(seconds: number): void {
    let at = 0;
    while (at < boundsSeconds.length && seconds > (boundsSeconds[at] as number)) at += 1;
    (this.counts as number[])[at] = (this.counts[at] as number) + 1;
    this.sum += seconds;
  }
}

export class DurationTally {
  readonly #options: DurationTallyOptions;
  readonly #series = new Map<string, { labels: Record<string, string>; durations: DurationSeries }>();

  constructor(options: DurationTallyOptions) {
    this.#options = options;
    const { name, help } = options;
    const metric = {
      name,
      get: async () => ({ name, help, type: "histogram", aggregator: "sum", values: this.#values() }),
      reset: () => this.#series.clear(),
    };
    options.registry.registerMetric(metric as unknown as Metric);
  }

  /** The values of the labels, in their order. Found once and kept by who observes. */
  of(...values: string[]): DurationSeries {
    const key = values.join("\n");
    let series = this.#series.get(key);
    if (!series) {
      const labels = Object.fromEntries(this.#options.labelNames.map((name, at) => [name, values[at] ?? ""]));
      series = { labels, durations: new DurationSeries() };
      this.#series.set(key, series);
    }
    return series.durations;
  }

  #values() {
    const { name } = this.#options;
    return [...this.#series.values()].flatMap(({ labels, durations }) => {
      let total = 0;
      const buckets = durations.counts.map((count, at) => {
        total += count;
        return { metricName: `${name}_bucket`, labels: { le: boundsSeconds[at] ?? "+Inf", ...labels }, value: total };
      });
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels, value: durations.sum },
        { metricName: `${name}_count`, labels, value: total },
      ];
    });
  }
}
