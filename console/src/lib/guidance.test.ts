import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { AnalyzedFaceSchema, type AnalyzedFace } from "../gen/facesvc/v1/face_service_pb";
import { faceInFront, guide } from "./guidance";

const GOOD = { score: 0.85, blur: 0.1, poseYaw: 3, posePitch: -4, poseRoll: 2, isFrontal: true };

function face(quality: Partial<typeof GOOD> = {}, bbox = [200, 80, 400, 340]): AnalyzedFace {
  return create(AnalyzedFaceSchema, { bbox, quality: { ...GOOD, ...quality } });
}

test("a good face is good", () => {
  expect(guide([face()], 640)).toEqual({ text: "Good", good: true });
});

test.each([
  [[], "Look into the camera"],
  [[face({}, [300, 200, 340, 250])], "Come closer"],
  [[face({}, [0, 0, 600, 640])], "Move back a little"],
  [[face({ poseYaw: 40 })], "Turn your head to the left"],
  [[face({ poseYaw: -40 })], "Turn your head to the right"],
  [[face({ posePitch: 30 })], "Lower your chin"],
  [[face({ posePitch: -30 })], "Raise your chin"],
  [[face({ poseRoll: -25 })], "Hold your head upright"],
  [[face({ blur: 0.9 })], "Hold still"],
  [[face({ score: 0.4 })], "More light on your face"],
  [[face(), face({}, [420, 80, 620, 340])], "One person at a time, please"],
])("what is wrong is said: %#", (faces, text) => {
  expect(guide(faces, 640)).toEqual({ text, good: false });
});

test("somebody small in the background does not count", () => {
  const front = face();
  expect(faceInFront([face({}, [500, 100, 540, 150]), front])).toBe(front);
});
