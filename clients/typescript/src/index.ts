// Client of facesvc for Node.js: generated, typed calls over gRPC, with keys, retries and reasons.
import { createGrpcTransport } from "@connectrpc/connect-node";
import { clientsOf, type Facesvc, interceptorsOf, type Options, TIMEOUT_MS } from "./clients.js";

export type { Facesvc, Retries } from "./clients.js";
export * from "./failures.js";
export * from "./lists.js";
export * from "./messages.js";
export * from "./photos.js";

export interface NodeOptions extends Options {
  /** TLS by the system's authorities. */
  tls?: boolean;
}
export type { NodeOptions as Options };

/** Return the clients of the service at host:port; nothing is sent before the first call. */
export function connect(address: string, options: NodeOptions = {}): Facesvc {
  if (!/^[^/]+:\d+$/.test(address)) {
    throw new TypeError(`the address is host:port of gRPC, not ${JSON.stringify(address)}`);
  }
  return clientsOf(
    createGrpcTransport({
      baseUrl: `${options.tls ? "https" : "http"}://${address}`,
      defaultTimeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      interceptors: interceptorsOf(options),
    }),
  );
}
