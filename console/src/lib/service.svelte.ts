/** How the service is, asked for again and again while the page is looked at. */
import type { GetHealthResponse } from "../gen/facesvc/v1/face_service_pb";
import { faces } from "./api";

const INTERVAL_MS = 10_000;

class Service {
  health = $state.raw<GetHealthResponse | undefined>();
  state = $state<"unknown" | "ok" | "degraded" | "down">("unknown");
  answeredMs = $state(0);
  stateText = $derived(
    { unknown: "Connecting", ok: "Service ready", degraded: "Degraded", down: "No answer" }[this.state],
  );
  #watching = false;

  /** Similarity from which two faces match. */
  get matchThreshold(): number {
    return this.health?.matchThreshold ?? 0.45;
  }

  get qualityThreshold(): number | undefined {
    return this.health?.qualityThreshold;
  }

  watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    const again = async (): Promise<void> => {
      if (!document.hidden) await this.ask();
      setTimeout(() => void again(), INTERVAL_MS);
    };
    void again();
  }

  async ask(): Promise<void> {
    const began = performance.now();
    try {
      this.health = await faces.getHealth({});
      this.state = this.health.status === "ok" ? "ok" : "degraded";
      this.answeredMs = performance.now() - began;
    } catch {
      this.state = "down";
    }
  }
}

export const service = new Service();
