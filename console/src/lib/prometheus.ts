/** The service's metrics in Prometheus's text format, and what is drawn of them. */

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

export function parse(text: string): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split("\n")) {
    const found = line.startsWith("#") ? null : LINE.exec(line);
    if (!found) continue;
    const labels = Object.fromEntries([...(found[2] ?? "").matchAll(LABEL)].map((label) => [label[1], label[2]]));
    const value = found[3] === "+Inf" ? Infinity : Number(found[3]);
    samples.push({ name: found[1]!, labels, value });
  }
  return samples;
}

/** Sum a metric over its labels, but for those that are given. */
export function sum(samples: readonly Sample[], name: string, labels: Record<string, string> = {}): number {
  let total = 0;
  for (const sample of samples)
    if (sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
      total += sample.value;
  return total;
}

/** The values that a label takes in a metric. */
export function valuesOf(samples: readonly Sample[], name: string, label: string): string[] {
  const found = samples.filter((sample) => sample.name === name).map((sample) => sample.labels[label] ?? "");
  return [...new Set(found)].sort();
}

/**
 * The quantile of what a histogram gained between two readings, in the unit of its buckets, as
 * Prometheus estimates it: linear inside a bucket. Undefined when nothing was gained.
 */
export function quantile(
  share: number,
  now: readonly Sample[],
  before: readonly Sample[],
  name: string,
  counts: (labels: Record<string, string>) => boolean = () => true,
): number | undefined {
  const gained = new Map<number, number>();
  const add = (samples: readonly Sample[], sign: number): void => {
    for (const { name: each, labels, value } of samples) {
      if (each !== `${name}_bucket` || !counts(labels)) continue;
      const edge = labels["le"] === "+Inf" ? Infinity : Number(labels["le"]);
      gained.set(edge, (gained.get(edge) ?? 0) + sign * value);
    }
  };
  add(now, 1);
  add(before, -1);
  const edges = [...gained.keys()].sort((a, b) => a - b);
  const total = gained.get(Infinity) ?? 0;
  if (total <= 0) return undefined;
  let [lower, below] = [0, 0];
  for (const edge of edges) {
    const reached = gained.get(edge)!;
    if (reached >= share * total) {
      if (edge === Infinity) return lower;
      return lower + ((edge - lower) * (share * total - below)) / Math.max(1e-9, reached - below);
    }
    [lower, below] = [edge, reached];
  }
  return lower;
}
