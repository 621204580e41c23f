/** Enrolment of a folder of photos: one result for every file, and it can stop and go on. */
import { EnrollRequest_Mode as Mode, type EnrollResponse } from "../gen/facesvc/v1/gallery_service_pb";
import { gallery } from "./api";
import { nameOf, userOf } from "./names";
import { photoOf, release } from "./photo";
import { problemOf } from "./problem";

export type State = "waiting" | "sending" | "enrolled" | "skipped" | "rejected" | "failed";

export class Item {
  state = $state<State>("waiting");
  message = $state("");
  answer = $state.raw<EnrollResponse | undefined>();
  /** The same for every try, so that a try whose answer was lost is not counted twice. */
  readonly requestId: string = crypto.randomUUID();

  constructor(
    readonly file: File,
    readonly path: string,
    readonly userId: string,
  ) {}
}

/** People whose photos are sent at the same time; one person's photos go one after the other. */
const AT_ONCE = 2;
const MEMORY = "facesvc-enrolled";
const PHOTO = /\.(jpe?g|jfif|png|webp|heic|heif|avif|bmp|gif|tiff?)$/i;

export class FolderRun {
  items = $state.raw<Item[]>([]);
  running = $state(false);
  /** Files of the folder that do not look like photos. */
  passedOver = $state.raw<string[]>([]);
  tally = $derived.by(() => {
    const counts: Record<State, number> = { waiting: 0, sending: 0, enrolled: 0, skipped: 0, rejected: 0, failed: 0 };
    for (const item of this.items) counts[item.state] += 1;
    return counts;
  });
  #stop = false;

  /** Take the files of a folder: a folder per person, or a file per person. */
  choose(files: File[]): void {
    const photos = files.filter((file) => file.type.startsWith("image/") || PHOTO.test(file.name));
    this.passedOver = files.filter((file) => !photos.includes(file)).map(pathOf);
    this.items = photos
      .map((file) => new Item(file, pathOf(file), userOf(pathOf(file))))
      .sort((a, b) => a.path.localeCompare(b.path, "en", { numeric: true }));
  }

  /** Send what waits, and what failed before, until all is done or stop() is called. */
  async run(collection: string, replace: boolean): Promise<void> {
    this.#stop = false;
    this.running = true;
    const people = new Map<string, Item[]>();
    for (const item of this.items) {
      if (item.state === "failed") item.state = "waiting";
      if (item.state === "waiting") people.set(item.userId, [...(people.get(item.userId) ?? []), item]);
    }
    const queue = [...people.values()];
    const worker = async (): Promise<void> => {
      for (let person = queue.shift(); person && !this.#stop; person = queue.shift())
        await this.#enrolPerson(person, collection, replace);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    this.running = false;
  }

  stop(): void {
    this.#stop = true;
  }

  async #enrolPerson(items: Item[], collection: string, replace: boolean): Promise<void> {
    const done = remembered();
    const already = await this.#samplesOf(items[0]!.userId, collection);
    const begun = this.items.some((item) => item.userId === items[0]!.userId && item.state === "enrolled");
    let mode = replace && !begun ? Mode.REPLACE : Mode.ADD;
    for (const item of items) {
      if (this.#stop) return;
      const mark = await markOf(item, collection);
      if (!replace && already > 0 && done.has(mark)) {
        item.state = "skipped";
        item.message = "Enrolled from this browser before";
        continue;
      }
      await this.#enrol(item, collection, mode);
      if (item.state !== "enrolled") continue;
      mode = Mode.ADD;
      remember(mark);
    }
  }

  async #enrol(item: Item, collection: string, mode: Mode): Promise<void> {
    item.state = "sending";
    item.message = "";
    let photo;
    try {
      photo = await photoOf(item.file);
    } catch (error) {
      item.state = "failed";
      item.message = error instanceof Error ? error.message : String(error);
      return;
    }
    try {
      const source = { case: "image", value: photo.bytes } as const;
      const { userId, requestId } = item;
      const answer = await gallery.enroll({ userId, name: nameOf(userId), source, collection, mode, requestId });
      item.answer = answer;
      item.state = answer.success ? "enrolled" : "rejected";
      item.message = answer.success ? "" : answer.message;
    } catch (error) {
      const problem = problemOf(error);
      item.state = "failed";
      item.message = [problem.message, problem.hint].filter(Boolean).join(" ");
    } finally {
      release(photo);
    }
  }

  async #samplesOf(userId: string, collection: string): Promise<number> {
    try {
      return (await gallery.getEnrollment({ userId, collection })).samples;
    } catch {
      return 0;
    }
  }
}

function pathOf(file: File): string {
  return file.webkitRelativePath || file.name;
}

/** Digests of what was enrolled: they name neither people nor files. */
function remembered(): Set<string> {
  return new Set(JSON.parse(localStorage.getItem(MEMORY) ?? "[]") as string[]);
}

function remember(mark: string): void {
  localStorage.setItem(MEMORY, JSON.stringify([...remembered().add(mark)].slice(-20_000)));
}

async function markOf(item: Item, collection: string): Promise<string> {
  const { size, lastModified } = item.file;
  const text = [collection, item.path, size, lastModified].join("\n");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(digest))).slice(0, 22);
}
