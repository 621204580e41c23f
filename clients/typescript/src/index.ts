// Client of facesvc for Node.js: generated, typed calls over gRPC, with keys, retries and reasons.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { FaceService } from "./gen/facesvc/v1/face_service_pb.js";
import { GalleryService } from "./gen/facesvc/v1/gallery_service_pb.js";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";

export * from "./gen/facesvc/v1/face_service_pb.js";
export * from "./gen/facesvc/v1/gallery_service_pb.js";
export * from "./gen/facesvc/v1/types_pb.js";

/** How often a unary call that the service could not take is tried, and the waits between. */
export interface Retries {
  attempts: number;
  firstWaitMs: number;
  longestWaitMs: number;
}

export interface Options {
  apiKey?: string;
  /** TLS by the system's authorities. */
  tls?: boolean;
  /** Bounds each call, in milliseconds; default 30,000. */
  timeoutMs?: number;
  retries?: Partial<Retries>;
}

export interface Facesvc {
  faces: Client<typeof FaceService>;
  gallery: Client<typeof GalleryService>;
}

/** Why a call failed: `reason` is a value of ErrorReason by name, "" if the service did not answer. */
export interface Failure {
  reason: string;
  message: string;
  code: Code;
  metadata: Record<string, string>;
  fields: Record<string, string>;
}

/** Return the clients of the service at host:port; nothing is sent before the first call. */
export function connect(address: string, options: Options = {}): Facesvc {
  if (!/^[^/]+:\d+$/.test(address)) {
    throw new TypeError(`the address is host:port of gRPC, not ${JSON.stringify(address)}`);
  }
  const retries = { attempts: 4, firstWaitMs: 100, longestWaitMs: 2000, ...options.retries };
  const transport = createGrpcTransport({
    baseUrl: `${options.tls ? "https" : "http"}://${address}`,
    defaultTimeoutMs: options.timeoutMs ?? 30_000,
    interceptors: [sendKey(options.apiKey), retry(retries)],
  });
  return {
    faces: createClient(FaceService, transport),
    gallery: createClient(GalleryService, transport),
  };
}

/** Return what the service told about a failed call. */
export function failureOf(error: unknown): Failure {
  const failed = ConnectError.from(error);
  const info = failed.findDetails(ErrorInfoSchema).find((each) => each.domain === "facesvc");
  const violations = failed.findDetails(BadRequestSchema).flatMap((each) => each.fieldViolations);
  return {
    reason: info?.reason ?? "",
    message: failed.rawMessage,
    code: failed.code,
    metadata: info?.metadata ?? {},
    fields: Object.fromEntries(violations.map((each) => [each.field, each.description])),
  };
}

function sendKey(key: string | undefined): Interceptor {
  return (next) => (request) => {
    if (key) request.header.set("x-api-key", key);
    return next(request);
  };
}

/** Writes get a request id, so that repeating one whose answer was lost stores nothing twice. */
function retry(policy: Retries): Interceptor {
  return (next) => async (request) => {
    if (request.stream) return next(request);
    const message = request.message as { requestId?: string };
    if (message.requestId === "") message.requestId = randomUUID();
    for (let attempt = 1; ; attempt++) {
      try {
        return await next(request);
      } catch (error) {
        const wait = waitMs(ConnectError.from(error), attempt, policy);
        if (wait === undefined || attempt >= policy.attempts) throw error;
        await sleep(wait, undefined, { signal: request.signal });
      }
    }
  };
}

/** Return the time to wait before the next attempt, undefined when another one is of no use. */
function waitMs(error: ConnectError, attempt: number, policy: Retries): number | undefined {
  const asked = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  // Without RetryInfo, RESOURCE_EXHAUSTED means a message that is too large, now and always.
  if (error.code !== Code.Unavailable && !(error.code === Code.ResourceExhausted && asked)) return;
  const askedMs = asked ? Number(asked.seconds) * 1000 + asked.nanos / 1e6 : 0;
  const grown = policy.firstWaitMs * 2 ** (attempt - 1) * (0.5 + Math.random());
  return Math.min(policy.longestWaitMs, Math.max(askedMs, grown));
}
