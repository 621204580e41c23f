/** The parts that the quality score is made of, by the curves of docs/quality.md. */
import type { AnalyzedFace } from "../gen/facesvc/v1/face_service_pb";

export interface Part {
  name: string;
  /** 0 (unfit) to 1 (best) */
  value: number;
}

const RANGES_DEG = { yaw: 90, pitch: 75, roll: 60 };
const ENOUGH_PX = 112;

export function partsOf(face: AnalyzedFace): Part[] {
  const q = face.quality;
  if (!q) return [];
  const left = (angle: number, range: number): number => Math.max(0, 1 - Math.abs(angle) / range);
  return [
    { name: "Confidence", value: face.detectionScore },
    { name: "Pose", value: left(q.poseYaw, RANGES_DEG.yaw) * left(q.posePitch, RANGES_DEG.pitch) * left(q.poseRoll, RANGES_DEG.roll) },
    { name: "Sharpness", value: 1 - q.blur },
    { name: "Size", value: Math.min(1, Math.sqrt(q.faceSize) / ENOUGH_PX) },
    { name: "Liveness", value: face.liveness?.confidence ?? 0 },
  ];
}
