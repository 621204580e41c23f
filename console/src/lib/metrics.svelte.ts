/** What the service measures of itself, read again and again while somebody looks. */
import { access } from "./access.svelte";
import { parse, quantile, type Sample, sum, valuesOf } from "./prometheus";
import { service } from "./service.svelte";

const INTERVAL_MS = 2000;
const KEPT = 90; // readings: three minutes
/** Metrics of another process began at another time; clocks and starting differ by less. */
const SAME_PROCESS_S = 60;

const UNASKED = /^(GetHealth|Check|Watch|List|ServerReflectionInfo|CheckGallery|(Stream|Export|Import).*)$/;

export interface Reading {
  at: number;
  /** Calls in a second since the reading before. */
  calls: number;
  failures: number;
  /** Milliseconds; undefined when no call ended. */
  p50: number | undefined;
  p95: number | undefined;
  waiting: number;
  computing: number;
}

export interface Stage {
  name: string;
  /** Mean milliseconds of an occurrence since the service began. */
  meanMs: number;
  count: number;
}

class Metrics {
  /** "none" where the gateway does not pass the metrics on: API keys are on, or there are none. */
  state = $state<"unknown" | "shown" | "none">("unknown");
  readings = $state.raw<Reading[]>([]);
  stages = $state.raw<Stage[]>([]);
  permits = $state(0);
  #last: { at: number; samples: Sample[] } | undefined;

  /** Read until the returned function is called. */
  watch(): () => void {
    let going = true;
    const again = async (): Promise<void> => {
      if (!going) return;
      if (!document.hidden) await this.#read();
      if (this.state !== "none") setTimeout(() => void again(), INTERVAL_MS);
    };
    this.#last = undefined;
    this.readings = [];
    void again();
    return () => (going = false);
  }

  async #read(): Promise<void> {
    if (access.key) {
      this.state = "none"; // with API keys on, the gateway does not pass them on
      return;
    }
    let samples: Sample[];
    try {
      const answer = await fetch("/metrics", { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      samples = parse(await answer.text());
      if (!this.#ofThisService(samples, Date.parse(answer.headers.get("date") ?? ""))) throw new Error("another process");
    } catch {
      this.state = "none";
      return;
    }
    this.state = "shown";
    this.#take(samples);
  }

  /** A second service on the machine may hold the port that the metrics are looked for at. */
  #ofThisService(samples: readonly Sample[], nowMs: number): boolean {
    const began = sum(samples, "process_start_time_seconds");
    if (!began || !service.health || Number.isNaN(nowMs)) return sum(samples, "facesvc_build_info") > 0;
    return Math.abs(nowMs / 1000 - began - service.health.uptimeS) < SAME_PROCESS_S;
  }

  #take(samples: Sample[]): void {
    const at = performance.now();
    const before = this.#last;
    this.#last = { at, samples };
    this.permits = sum(samples, "facesvc_compute_permits");
    this.stages = valuesOf(samples, "facesvc_stage_seconds_count", "stage")
      .map((name) => {
        const count = sum(samples, "facesvc_stage_seconds_count", { stage: name });
        const seconds = sum(samples, "facesvc_stage_seconds_sum", { stage: name });
        return { name, count, meanMs: count ? (1000 * seconds) / count : 0 };
      })
      .filter((stage) => stage.count > 0);
    if (!before) return;
    const seconds = (at - before.at) / 1000;
    // Health checks and open streams are not what people wait for.
    const asked = (labels: Record<string, string>): boolean => !UNASKED.test(labels["method"] ?? "");
    const gained = (name: string, counts: typeof asked): number => {
      const of = (list: readonly Sample[]): number =>
        list.filter((s) => s.name === name && counts(s.labels)).reduce((total, s) => total + s.value, 0);
      return Math.max(0, of(samples) - of(before.samples)) / seconds;
    };
    const ms = (share: number): number | undefined => {
      const found = quantile(share, samples, before.samples, "facesvc_call_seconds", asked);
      return found === undefined ? undefined : 1000 * found;
    };
    const reading = {
      at,
      calls: gained("facesvc_call_seconds_count", asked),
      failures: gained("facesvc_refusals_total", () => true),
      p50: ms(0.5),
      p95: ms(0.95),
      waiting: sum(samples, "facesvc_waiting"),
      computing: sum(samples, "facesvc_computing"),
    };
    this.readings = [...this.readings, reading].slice(-KEPT);
  }
}

export const metrics = new Metrics();
