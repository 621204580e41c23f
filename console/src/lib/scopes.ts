/** What an API key may open: the calls by scope, as the protos say, and what this page's key opens. */
import { getOption } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { access, Scope } from "../gen/facesvc/v1/access_pb";
import { EventService } from "../gen/facesvc/v1/event_service_pb";
import { FaceService } from "../gen/facesvc/v1/face_service_pb";
import { GalleryService } from "../gen/facesvc/v1/gallery_service_pb";
import { events, faces, gallery } from "./api";
import { service } from "./service.svelte";

export interface ScopeCalls {
  scope: Scope;
  name: string;
  calls: string[];
}

const SHOWN = [Scope.PUBLIC, Scope.ANALYZE, Scope.SEARCH, Scope.ENROLL, Scope.EVENTS, Scope.ADMIN];

/** Every call of the contract by the scope that opens it. */
export const scopes: ScopeCalls[] = SHOWN.map((scope) => ({
  scope,
  name: scope === Scope.PUBLIC ? "no key" : Scope[scope].toLowerCase(),
  calls: [FaceService, GalleryService, EventService]
    .flatMap((each) => each.methods)
    .filter((method) => getOption(method, access).scope === scope)
    .map((method) => method.name),
}));

/** One call of each scope that changes nothing and looks at no photo. */
function probe(scope: Scope, collection: string): Promise<unknown> {
  const embedding = {
    values: Array.from({ length: service.health?.model?.embeddingSize ?? 512 }, (_, index) => (index === 0 ? 1 : 0)),
    model: service.health?.model?.recognizer ?? "",
  };
  switch (scope) {
    case Scope.ANALYZE:
      return faces.compare({ source1: { case: "embedding1", value: embedding }, source2: { case: "embedding2", value: embedding } });
    case Scope.SEARCH:
      return gallery.startChallenge({ collection });
    case Scope.ENROLL:
      return gallery.listGallery({ collection, pageSize: 1 });
    case Scope.EVENTS:
      return events.listEvents({ collection });
    case Scope.ADMIN:
      return gallery.listCollections({});
    default:
      return faces.getHealth({});
  }
}

/** Tell whether this page's key opens a scope. Whatever is not refused for the key counts as open. */
export async function opens(scope: Scope, collection: string): Promise<boolean> {
  try {
    await probe(scope, collection);
  } catch (error) {
    const { code } = ConnectError.from(error);
    if (code === Code.Unavailable || code === Code.Unknown) throw error;
    return code !== Code.PermissionDenied && code !== Code.Unauthenticated;
  }
  return true;
}
