// Why a call failed, as the service tells it.
import { type Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";

/** Why a call failed: `reason` is a value of ErrorReason by name, "" if the service did not answer. */
export interface Failure {
  reason: string;
  message: string;
  code: Code;
  metadata: Record<string, string>;
  /** What is wrong with which field of the request. */
  fields: Record<string, string>;
  /** How long to wait before another try, in milliseconds; undefined where another one is of no use. */
  retryAfterMs?: number;
}

/** What every call of these clients throws; a ConnectError with what the service told. */
export class FacesvcError extends ConnectError {
  readonly reason: string;
  readonly info: Record<string, string>;
  readonly fields: Record<string, string>;
  readonly retryAfterMs?: number;

  // ConnectError's own takes every error that looks like one; its name says so, and stays.
  static override [Symbol.hasInstance](value: unknown): boolean {
    return Object.prototype.isPrototypeOf.call(FacesvcError.prototype, Object(value));
  }

  constructor(error: ConnectError) {
    super(error.rawMessage, error.code, error.metadata, undefined, error.cause);
    this.details = error.details;
    const failure = failureOf(error);
    this.reason = failure.reason;
    this.info = failure.metadata;
    this.fields = failure.fields;
    this.retryAfterMs = failure.retryAfterMs;
  }
}

/** Return what the service told about a failed call. */
export function failureOf(error: unknown): Failure {
  const failed = ConnectError.from(error);
  const info = failed.findDetails(ErrorInfoSchema).find((each) => each.domain === "facesvc");
  const violations = failed.findDetails(BadRequestSchema).flatMap((each) => each.fieldViolations);
  const wait = failed.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return {
    reason: info?.reason ?? "",
    message: failed.rawMessage,
    code: failed.code,
    metadata: info?.metadata ?? {},
    fields: Object.fromEntries(violations.map((each) => [each.field, each.description])),
    retryAfterMs: wait && Number(wait.seconds) * 1000 + wait.nanos / 1e6,
  };
}

/** Lets every call, and every answer of a stream, fail with a FacesvcError. */
export const withReasons: Interceptor = (next) => async (request) => {
  try {
    const response = await next(request);
    if (!response.stream) return response;
    return { ...response, message: withReason(response.message) };
  } catch (error) {
    throw typed(error);
  }
};

async function* withReason<T>(answers: AsyncIterable<T>): AsyncIterable<T> {
  try {
    yield* answers;
  } catch (error) {
    throw typed(error);
  }
}

function typed(error: unknown): FacesvcError {
  return error instanceof FacesvcError ? error : new FacesvcError(ConnectError.from(error));
}
