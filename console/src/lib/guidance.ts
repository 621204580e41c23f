/** What to tell a person in front of the camera so that the next picture is a good one. */
import type { AnalyzedFace } from "../gen/facesvc/v1/face_service_pb";

export interface Guidance {
  /** One short instruction, or that all is well. */
  text: string;
  good: boolean;
}

// Where the service's own hints begin: docs/quality.md.
const MIN_FACE_PX = 80;
const MAX_BLUR = 0.7;
const MAX_YAW_DEG = 25;
const MAX_PITCH_DEG = 20;
const MAX_ROLL_DEG = 18;
/** A face this much smaller than the largest belongs to somebody in the background. */
const BACKGROUND = 0.35;
const GOOD_SCORE = 0.6;

/** Return the face in front: the largest one, or undefined when two are about as large. */
export function faceInFront(faces: readonly AnalyzedFace[]): AnalyzedFace | undefined {
  const [first, second] = [...faces].sort((a, b) => areaOf(b) - areaOf(a));
  if (!first || (second && areaOf(second) > BACKGROUND * areaOf(first))) return undefined;
  return first;
}

/** Return the most urgent instruction. Sides are the person's own, as in a mirror. */
export function guide(faces: readonly AnalyzedFace[], pictureWidth: number): Guidance {
  if (faces.length === 0) return { text: "Look into the camera", good: false };
  const face = faceInFront(faces);
  if (!face) return { text: "One person at a time, please", good: false };
  const quality = face.quality;
  const side = Math.sqrt(areaOf(face));
  if (side < Math.max(MIN_FACE_PX, pictureWidth * 0.12)) return { text: "Come closer", good: false };
  if (side > pictureWidth * 0.75) return { text: "Move back a little", good: false };
  if (!quality) return { text: "Hold still", good: false };
  // The picture is not mirrored: who looks to its left turned to the own right.
  if (quality.poseYaw > MAX_YAW_DEG) return { text: "Turn your head to the left", good: false };
  if (quality.poseYaw < -MAX_YAW_DEG) return { text: "Turn your head to the right", good: false };
  if (quality.posePitch > MAX_PITCH_DEG) return { text: "Lower your chin", good: false };
  if (quality.posePitch < -MAX_PITCH_DEG) return { text: "Raise your chin", good: false };
  if (Math.abs(quality.poseRoll) > MAX_ROLL_DEG) return { text: "Hold your head upright", good: false };
  if (quality.blur > MAX_BLUR) return { text: "Hold still", good: false };
  if (quality.score < GOOD_SCORE) return { text: "More light on your face", good: false };
  return { text: "Good", good: true };
}

export function areaOf(face: AnalyzedFace): number {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = face.bbox;
  return Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
}
