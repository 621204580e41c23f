import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { type Event, EventSchema } from "../gen/facesvc/v1/event_service_pb";
import { isWanted, tell } from "./events";

function event(kind: string, subject: string, data: Event["data"], ms = 0): Event {
  return create(EventSchema, { type: `facesvc.${kind}`, subject, data, time: timestampFromMs(ms) });
}

test("an event is told in words, with whom it is about and what else there is", () => {
  const merged = event("user.merged", "anna", { collection: "staff", samples: 3, from_user_ids: ["anne"] });
  expect(tell(merged)).toEqual({
    what: "Merged",
    tone: "plain",
    more: "from anne · 3 samples",
    userId: "anna",
    linked: true,
    collection: "staff",
  });
  const decided = event("checkin.decided", "", { decision: "NO_MATCH", reasons: ["BELOW_THRESHOLD"] });
  expect(tell(decided)).toMatchObject({ what: "Check-in: no match", tone: "warn", more: "below threshold", linked: false });
  expect(tell(event("user.deleted", "anna", {})).linked).toBe(false);
  expect(tell(event("later.kind", "anna", {})).what).toBe("later.kind");
});

test("a filter by person finds whoever an event names, one by period what is no older", () => {
  const moved = event("sample.moved", "Anna", { from_user_id: "bert" }, 5000);
  for (const [userId, found] of [["", true], ["ann", true], [" BERT ", true], ["carl", false]] as const)
    expect(isWanted(moved, userId, Infinity, 9000)).toBe(found);
  expect(isWanted(moved, "", 4000, 9000)).toBe(true);
  expect(isWanted(moved, "", 3999, 9000)).toBe(false);
  expect(isWanted(event("doctor.finding", "a", { other_user_id: "b" }), "b", Infinity, 0)).toBe(true);
});
