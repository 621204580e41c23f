// What the clients of Node.js and of browsers have in common: keys, retries, reasons.
import {
  type Client,
  Code,
  ConnectError,
  createClient,
  type Interceptor,
  type Transport,
} from "@connectrpc/connect";
import { failureOf, withReasons } from "./failures.js";
import { EventService } from "./gen/facesvc/v1/event_service_pb.js";
import { FaceService } from "./gen/facesvc/v1/face_service_pb.js";
import { GalleryService } from "./gen/facesvc/v1/gallery_service_pb.js";

/** How often a unary call that the service could not take is tried, and the waits between. */
export interface Retries {
  attempts: number;
  firstWaitMs: number;
  longestWaitMs: number;
}

export interface Options {
  apiKey?: string;
  /** Bounds each call, in milliseconds; default 30,000. */
  timeoutMs?: number;
  retries?: Partial<Retries>;
}

export interface Facesvc {
  faces: Client<typeof FaceService>;
  gallery: Client<typeof GalleryService>;
  events: Client<typeof EventService>;
}

export const TIMEOUT_MS = 30_000;

/** Return the clients of a transport. */
export function clientsOf(transport: Transport): Facesvc {
  return {
    faces: createClient(FaceService, transport),
    gallery: createClient(GalleryService, transport),
    events: createClient(EventService, transport),
  };
}

/** Return what every call goes through. */
export function interceptorsOf(options: Options): Interceptor[] {
  const retries = { attempts: 4, firstWaitMs: 100, longestWaitMs: 2000, ...options.retries };
  return [withReasons, sendKey(options.apiKey), retry(retries)];
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
    if (message.requestId === "") message.requestId = requestId();
    for (let attempt = 1; ; attempt++) {
      try {
        return await next(request);
      } catch (error) {
        const wait = waitMs(ConnectError.from(error), attempt, policy);
        if (wait === undefined || attempt >= policy.attempts) throw error;
        await sleep(wait, request.signal);
      }
    }
  };
}

/** A page that was not loaded over TLS has no randomUUID. */
function requestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Return the time to wait before the next attempt, undefined when another one is of no use. */
function waitMs(error: ConnectError, attempt: number, policy: Retries): number | undefined {
  const asked = failureOf(error).retryAfterMs;
  // Without RetryInfo, RESOURCE_EXHAUSTED means a message that is too large, now and always.
  const busy = error.code === Code.ResourceExhausted && asked !== undefined;
  if (error.code !== Code.Unavailable && !busy) return;
  const grown = policy.firstWaitMs * 2 ** (attempt - 1) * (0.5 + Math.random());
  return Math.min(policy.longestWaitMs, Math.max(asked ?? 0, grown));
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(ConnectError.from(signal.reason, Code.Canceled));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}
