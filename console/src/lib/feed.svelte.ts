/** The newest events, read from the oldest on, and those that come. */
import { Code, ConnectError } from "@connectrpc/connect";
import type { Event } from "../gen/facesvc/v1/event_service_pb";
import { events } from "./api";
import { problemOf, type Problem } from "./problem";

const PAGE_SIZE = 1000;
/** Events that the page keeps: older ones are in the service. */
export const KEPT = 2000;
const EVERY_MS = 2000;

export class Feed {
  /** The newest first. */
  events = $state.raw<Event[]>([]);
  loaded = $state(false);
  /** Whether there were older ones than are kept. */
  cut = $state(false);
  live = $state(true);
  problem = $state.raw<Problem | undefined>();
  #cursor = "";
  #reading = new AbortController();

  /** Read what there is, and then what comes, until it is opened anew or closed. */
  async open(collection: string, kinds: readonly string[]): Promise<void> {
    this.close();
    const reading = (this.#reading = new AbortController());
    this.events = [];
    this.loaded = this.cut = false;
    this.problem = undefined;
    this.#cursor = "";
    while (!reading.signal.aborted) {
      try {
        if (this.live || !this.loaded) await this.#read(collection, kinds, reading.signal);
        this.problem = undefined;
      } catch (error) {
        if (reading.signal.aborted) return;
        this.problem = problemOf(error);
        if (this.problem.reason === "CURSOR_EXPIRED") {
          this.#cursor = "";
          this.events = [];
        } else if (ConnectError.from(error).code !== Code.Unavailable) return;
      }
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  close(): void {
    this.#reading.abort();
  }

  async #read(collection: string, kinds: readonly string[], signal: AbortSignal): Promise<void> {
    for (let more = true; more; ) {
      const request = { cursor: this.#cursor, collection, kinds: [...kinds], pageSize: PAGE_SIZE };
      const page = await events.listEvents(request, { signal });
      if (signal.aborted) return;
      if (page.events.length) {
        const every = [...page.events.toReversed(), ...this.events];
        this.cut ||= every.length > KEPT;
        this.events = every.slice(0, KEPT);
      }
      this.#cursor = page.cursor;
      more = page.more;
    }
    this.loaded = true;
  }
}
