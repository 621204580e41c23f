// Client of facesvc for browsers: the same calls over gRPC-Web, through the service's Envoy.
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { clientsOf, type Facesvc, interceptorsOf, type Options, TIMEOUT_MS } from "./clients.js";

export type { Facesvc, Options, Retries } from "./clients.js";
export * from "./failures.js";
export * from "./lists.js";
export * from "./messages.js";
export * from "./photos.js";

/**
 * Return the clients of the service whose REST address this is, such as https://faces.example.com; ""
 * is the page's own origin. Nothing is sent before the first call. Another origin than the page's must
 * be among the service's CORS_ORIGINS.
 */
export function connect(baseUrl = "", options: Options = {}): Facesvc {
  const url = baseUrl || globalThis.location?.origin || "";
  if (!/^https?:\/\//.test(url)) {
    throw new TypeError(`the base URL is http(s)://host, not ${JSON.stringify(baseUrl)}`);
  }
  return clientsOf(
    createGrpcWebTransport({
      baseUrl: url.replace(/\/$/, ""),
      defaultTimeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      interceptors: interceptorsOf(options),
    }),
  );
}
