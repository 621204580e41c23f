/**
 * A transport for calls that stream to the service.
 *
 * Browsers send a request's body as a whole, so Connect's own web transport offers no such calls.
 * gRPC-Web itself does: the messages stand one after the other in the body. This puts Connect's
 * gRPC-Web protocol on a fetch() that collects them first.
 */
import type { Transport } from "@connectrpc/connect";
import { universalClientResponseFromFetch } from "@connectrpc/connect/protocol";
import { createTransport } from "@connectrpc/connect/protocol-grpc-web";
import { withKey } from "./api";

const NO_LIMIT = 0xffffffff;

export function uploading(): Transport {
  return createTransport({
    baseUrl: location.origin,
    httpClient: async (request) => {
      const parts: BlobPart[] = [];
      for await (const part of request.body ?? []) parts.push(part as Uint8Array<ArrayBuffer>);
      const whole = new Request(request.url, {
        method: request.method,
        headers: request.header,
        body: new Blob(parts),
        signal: request.signal ?? null,
      });
      return universalClientResponseFromFetch(await fetch(whole));
    },
    interceptors: [withKey],
    useBinaryFormat: true,
    acceptCompression: [],
    sendCompression: null,
    compressMinBytes: NO_LIMIT,
    readMaxBytes: NO_LIMIT,
    writeMaxBytes: NO_LIMIT,
  });
}
