/** Errors of the service as a person reads them. */
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema } from "../gen/google/rpc/error_details_pb";

export interface Problem {
  /** What went wrong, in a sentence. */
  message: string;
  /** The service's stable reason, such as NO_FACE; empty when the service did not answer. */
  reason: string;
  /** What the person can do, when the reason tells. */
  hint: string;
}

const HINTS: Record<string, string> = {
  NO_FACE: "Take a photo from the front, with light on the face, closer to the camera.",
  AMBIGUOUS_FACE: "Use a photo that shows one person only.",
  IMAGE_UNSUPPORTED: "Use a JPEG, PNG or WebP photo.",
  IMAGE_UNDECODABLE: "The file is damaged: take or export the photo anew.",
  IMAGE_TOO_LARGE: "Make the photo smaller.",
  OVERLOADED: "Wait a moment and try again.",
  STORE_UNAVAILABLE: "The gallery takes no changes at present: try again later.",
  VERSION_CONFLICT: "Somebody else changed this meanwhile: close this and look again.",
  PERMISSION_DENIED: "Your API key does not open this call or this collection.",
  UNAUTHENTICATED: "Give an API key that the service knows.",
  MODEL_MISMATCH: "This collection was made by another recognizer: enrol its photos anew.",
  LAST_SAMPLE: "The last sample goes with the person: delete the person.",
  USER_NOT_FOUND: "Nobody has this user id: load the gallery again.",
  COLLECTION_FULL: "Delete somebody, or raise the most people in the collection's settings.",
  COLLECTION_NOT_FOUND: "Nobody is enrolled in this collection yet.",
};

/** Return what to tell about a failed call. */
export function problemOf(error: unknown): Problem {
  const failure = ConnectError.from(error);
  const reason = failure.findDetails(ErrorInfoSchema)[0]?.reason ?? "";
  const field = failure.findDetails(BadRequestSchema)[0]?.fieldViolations[0]?.field ?? "";
  if (!reason && (failure.code === Code.Unavailable || failure.code === Code.Unknown))
    return {
      message: "The service does not answer.",
      reason: "",
      hint: "It is starting, or this page lost its connection: try again.",
    };
  const where = field && !failure.rawMessage.includes(field) ? ` (${field})` : "";
  return { message: failure.rawMessage + where, reason, hint: HINTS[reason] ?? "" };
}

/** Tell whether the service said that there is no such collection or user. */
export function isNotFound(error: unknown): boolean {
  return ConnectError.from(error).code === Code.NotFound;
}

export function isForbidden(error: unknown): boolean {
  return ConnectError.from(error).code === Code.PermissionDenied;
}
