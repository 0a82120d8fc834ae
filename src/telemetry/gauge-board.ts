// Gauges that are read when somebody asks for them, all by one look, and kept for a moment: two who scrape at once cost one
// look. Where it fails they are left out, and everything else is printed.

import { Gauge, type Registry } from "prom-client";

export interface GaugeReading {
  value: number;
  labels?: Record<string, string>;
}

export interface GaugeDescription {
  name: string;
  help: string;
  labelNames?: readonly string[];
}

const keptMs = 1_000;

export class GaugeBoard<Name extends string> {
  readonly #read: () => Promise<Record<Name, GaugeReading[]>>;
  #readings: Promise<Record<Name, GaugeReading[]> | null> = Promise.resolve(null);
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(
    registry: Registry,
    descriptions: Record<Name, GaugeDescription>,
    read: () => Promise<Record<Name, GaugeReading[]>>,
  ) {
    this.#read = read;
    const look = (name: Name) => this.#look().then((readings) => readings?.[name] ?? []);
    for (const [key, { labelNames = [], ...description }] of Object.entries(descriptions) as [
      Name,
      GaugeDescription,
    ][]) {
      new Gauge({
        ...description,
        labelNames: [...labelNames],
        registers: [registry],
        async collect() {
          const readings = await look(key);
          this.reset();
          // Without labels a reset leaves a nought, which would be told for what could not be read.
          if (readings.length === 0 && labelNames.length === 0) this.remove();
          for (const { labels = {}, value } of readings) this.set(labels, value);
        },
      });
    }
  }

  #look(): Promise<Record<Name, GaugeReading[]> | null> {
    if (performance.now() - this.#readAt > keptMs) {
      this.#readAt = performance.now();
      this.#readings = this.#read().catch(() => null);
    }
    return this.#readings;
  }
}
