/** The service's clients, generated from its protos, over gRPC-Web to the gateway of this page. */
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { EventService } from "../gen/facesvc/v1/event_service_pb";
import { FaceService } from "../gen/facesvc/v1/face_service_pb";
import { GalleryService } from "../gen/facesvc/v1/gallery_service_pb";
import { access } from "./access.svelte";

/** Sends the API key, and asks for one when the service wants it: then the call goes again. */
export const withKey: Interceptor = (next) => async (call) => {
  for (;;) {
    if (access.key) call.header.set("x-api-key", access.key);
    try {
      return await next(call);
    } catch (error) {
      const refused = ConnectError.from(error).code === Code.Unauthenticated;
      // A stream's messages are gone once they were sent.
      if (!refused || call.stream || !(await access.ask())) throw error;
    }
  }
};

const baseUrl = location.origin;
const transport = createGrpcWebTransport({
  baseUrl,
  interceptors: [withKey],
  defaultTimeoutMs: 60_000,
});

export const faces = createClient(FaceService, transport);
export const gallery = createClient(GalleryService, transport);
export const events = createClient(EventService, transport);

/** Calls that may take as long as their data: exports and deletions of whole collections. */
export const UNHURRIED = { timeoutMs: 0 };
