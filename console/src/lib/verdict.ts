/** A check-in's decision in words. */
import { CheckInResponse_Decision as Decision, type CheckInResponse } from "../gen/facesvc/v1/gallery_service_pb";

export interface Spoken {
  title: string;
  sentence: string;
  tone: "good" | "warn" | "bad";
}

/** Return what to say; `again` when a kiosk saw this person a moment ago. */
export function speak(answer: CheckInResponse, again: boolean): Spoken {
  const name = answer.match?.name || answer.match?.userId || "";
  switch (answer.decision) {
    case Decision.MATCH:
      return again
        ? { title: "Checked in before", sentence: `${name} is checked in already.`, tone: "good" }
        : { title: "Match", sentence: `Welcome, ${name}.`, tone: "good" };
    case Decision.REVIEW:
      return { title: "Review", sentence: `Perhaps ${name}: let a person decide.`, tone: "warn" };
    case Decision.NO_MATCH:
      return { title: "No match", sentence: "Nobody in this collection looks like this.", tone: "bad" };
    case Decision.NOT_LIVE:
      return { title: "Not live", sentence: "The face does not look live. Nobody was searched for.", tone: "bad" };
    case Decision.LOW_QUALITY:
      return { title: "Low quality", sentence: "The picture is not good enough. Nobody was searched for.", tone: "warn" };
    default:
      return { title: "No decision", sentence: "", tone: "warn" };
  }
}
