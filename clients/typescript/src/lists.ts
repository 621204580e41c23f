// Lists as iterators: `for await (const user of users(service)) ...` asks for pages as they are needed.
import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import type { CallOptions } from "@connectrpc/connect";
import type { Facesvc } from "./clients.js";
import type {
  DeadLetter,
  Event,
  ListDeadLettersRequestSchema,
  ListEventsRequestSchema,
} from "./gen/facesvc/v1/event_service_pb.js";
import type {
  Collection,
  EnrolledUser,
  ListGalleryRequestSchema,
} from "./gen/facesvc/v1/gallery_service_pb.js";

/** A request without what is a page's own. */
type Wanted<T extends DescMessage> = Omit<MessageInitShape<T>, "pageToken" | "$typeName" | "$unknown">;

/** Yield the users of a collection whom a filter chooses, in order of user_id. */
export async function* users(
  { gallery }: Pick<Facesvc, "gallery">,
  request: Wanted<typeof ListGalleryRequestSchema> = {},
  options?: CallOptions,
): AsyncGenerator<EnrolledUser, void, undefined> {
  for (let pageToken = ""; ; ) {
    const page = await gallery.listGallery({ ...request, pageToken }, options);
    yield* page.users;
    pageToken = page.nextPageToken;
    if (!pageToken) return;
  }
}

/** Yield every collection, in order of name. */
export async function* collections(
  { gallery }: Pick<Facesvc, "gallery">,
  options?: CallOptions,
): AsyncGenerator<Collection, void, undefined> {
  for (let pageToken = ""; ; ) {
    const page = await gallery.listCollections({ pageToken }, options);
    yield* page.collections;
    pageToken = page.nextPageToken;
    if (!pageToken) return;
  }
}

/** Yield the events that there are behind a cursor, the oldest first, each with the cursor to keep. */
export async function* pastEvents(
  { events }: Pick<Facesvc, "events">,
  request: Wanted<typeof ListEventsRequestSchema> = {},
  options?: CallOptions,
): AsyncGenerator<{ event: Event; cursor: string }, void, undefined> {
  for (let cursor = request.cursor ?? ""; ; ) {
    const page = await events.listEvents({ ...request, cursor }, options);
    const last = page.events.at(-1);
    for (const event of page.events) yield { event, cursor: event === last ? page.cursor : cursor };
    cursor = page.cursor;
    if (!page.more) return;
  }
}

/** Yield what webhook endpoints did not take. */
export async function* deadLetters(
  { events }: Pick<Facesvc, "events">,
  request: Wanted<typeof ListDeadLettersRequestSchema> = {},
  options?: CallOptions,
): AsyncGenerator<DeadLetter, void, undefined> {
  for (let pageToken = ""; ; ) {
    const page = await events.listDeadLetters({ ...request, pageToken }, options);
    yield* page.deadLetters;
    pageToken = page.nextPageToken;
    if (!pageToken) return;
  }
}

/** Return a filter by metadata as the contract has it: each key with an equal value. */
export function where(metadata: Record<string, string | number | boolean>): string[] {
  return Object.entries(metadata).map(
    ([key, value]) => `${JSON.stringify(key)}=${JSON.stringify(value)}`,
  );
}
