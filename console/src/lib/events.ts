/** What happened, as a person reads it. */
import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { Event } from "../gen/facesvc/v1/event_service_pb";
import { count, words } from "./format";

/** The choices of kinds, and what the service is asked for. */
export const KINDS: Record<string, readonly string[]> = {
  "Everything": [],
  "Enrolments": ["user.enrolled"],
  "Changes of people": ["user.updated", "user.merged", "sample.*"],
  "Deletions": ["user.deleted", "sample.deleted", "collection.deleted"],
  "Check-ins": ["checkin.decided"],
  "Findings of the gallery's check": ["doctor.finding"],
  "Erasures": ["events.erased"],
};

/** The choices of a period, in milliseconds. */
export const PERIODS: Record<string, number> = {
  "At any time": Infinity,
  "In the last hour": 3_600_000,
  "In the last day": 86_400_000,
  "In the last week": 604_800_000,
};

export interface Told {
  what: string;
  tone: "good" | "warn" | "bad" | "plain";
  /** What else there is to say. */
  more: string;
  userId: string;
  /** Whether the person may still be there to be looked at. */
  linked: boolean;
  collection: string;
}

const WHAT: Record<string, [string, Told["tone"]]> = {
  "user.enrolled": ["Enrolled", "good"],
  "user.updated": ["Updated", "plain"],
  "user.deleted": ["Deleted", "bad"],
  "user.merged": ["Merged", "plain"],
  "sample.deleted": ["Sample deleted", "bad"],
  "sample.moved": ["Sample moved", "plain"],
  "collection.deleted": ["Collection deleted", "bad"],
  "checkin.decided": ["Check-in", "plain"],
  "doctor.finding": ["Finding", "warn"],
  "events.erased": ["Erased", "plain"],
};

export function tell(event: Event): Told {
  const kind = event.type.replace(/^facesvc\./, "");
  const data = event.data ?? {};
  let [what, tone] = WHAT[kind] ?? [kind, "plain" as const];
  if (kind === "checkin.decided") {
    what = `Check-in: ${words(text(data["decision"])).toLowerCase()}`;
    tone = data["decision"] === "MATCH" ? "good" : "warn";
  }
  return {
    what,
    tone,
    more: moreOf(data),
    userId: event.subject,
    linked: event.subject !== "" && kind !== "user.deleted",
    collection: text(data["collection"]),
  };
}

/** Tell whether an event is of somebody whose id has the text in it, and not older than a period. */
export function isWanted(event: Event, userId: string, periodMs: number, now: number): boolean {
  const data = event.data ?? {};
  const others = [data["from_user_id"], data["from_user_ids"], data["other_user_id"]];
  const ids = [event.subject, ...others].flat().map(text);
  const named = ids.some((id) => id.toLowerCase().includes(userId.trim().toLowerCase()));
  return named && (!event.time || now - timestampDate(event.time).getTime() <= periodMs);
}

function moreOf(data: Record<string, unknown>): string {
  const parts = [];
  const from = [data["from_user_id"] ?? [], data["from_user_ids"] ?? []].flat().map(text);
  if (from.length) parts.push(`from ${from.join(", ")}`);
  if (data["finding"]) parts.push(words(text(data["finding"])).toLowerCase());
  if (data["other_user_id"]) parts.push(`with ${text(data["other_user_id"])}`);
  if (Array.isArray(data["reasons"]) && data["reasons"].length)
    parts.push(data["reasons"].map((reason) => words(text(reason)).toLowerCase()).join(", "));
  if (typeof data["similarity"] === "number") parts.push(`similarity ${data["similarity"].toFixed(2)}`);
  if (typeof data["samples"] === "number") parts.push(count(data["samples"], "sample"));
  if (typeof data["events"] === "number") parts.push(count(data["events"], "event"));
  return parts.join(" · ");
}

function text(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}
