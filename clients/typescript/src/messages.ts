// The contract's messages, generated.
export * from "./gen/facesvc/v1/event_service_pb.js";
export * from "./gen/facesvc/v1/face_service_pb.js";
export * from "./gen/facesvc/v1/gallery_service_pb.js";
export * from "./gen/facesvc/v1/types_pb.js";
