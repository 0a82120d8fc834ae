// What /metrics prints, as whoever scrapes it reads it.

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export async function scrape(url: string): Promise<Sample[]> {
  const answer = await fetch(`${url}/metrics`);
  if (!answer.ok) throw new Error(`There are no metrics: ${answer.status}`);
  return [...(await answer.text()).matchAll(/^([a-z_:]+)(?:\{(.*)\})? (\S+)$/gm)].map(
    ([, name = "", labels = "", value]) => ({
      name,
      labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text])),
      value: Number(value),
    }),
  );
}

/** The sum of the samples that have at least these labels; null where there is none. */
export function sampleOf(samples: readonly Sample[], name: string, labels: Record<string, string> = {}): number | null {
  const fitting = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
  );
  return fitting.length === 0 ? null : fitting.reduce((sum, { value }) => sum + value, 0);
}
