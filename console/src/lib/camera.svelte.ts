/** A camera that is looked through: its stream, and what the service sees in it. */
import { AnalyzeRequest_Feature as Feature, type AnalyzedFace } from "../gen/facesvc/v1/face_service_pb";
import { faces as service } from "./api";
import { type Guidance, guide } from "./guidance";
import { type Photo, photoOfVideo, release } from "./photo";
import { type Problem, problemOf } from "./problem";

/** Live looks are for guidance: small pictures keep them quick. */
const LIVE_SIDE_PX = 640;
const SHOT_SIDE_PX = 1600;
/** A look begins when the last one is answered, but not sooner than this after it began. */
const LIVE_INTERVAL_MS = 200;

const NO_CAMERA: Record<string, string> = {
  NotAllowedError: "This page may not use the camera: allow it in the browser's address bar.",
  NotFoundError: "No camera is connected.",
  NotReadableError: "Another program uses the camera.",
};

export class Camera {
  on = $state(false);
  faces = $state.raw<AnalyzedFace[]>([]);
  /** Size of the picture that the faces' boxes are in. */
  seen = $state.raw({ width: 0, height: 0 });
  guidance = $state.raw<Guidance>({ text: "Look into the camera", good: false });
  problem = $state.raw<Problem | undefined>();
  /** Time of the last look, there and back. */
  lookMs = $state(0);
  /** Called after each look. */
  onlook: (() => void) | undefined;
  #video: HTMLVideoElement | undefined;
  #stream: MediaStream | undefined;

  /** Show the camera's picture in a <video>; the returned function lets go of it. */
  attach = (video: HTMLVideoElement): (() => void) => {
    this.#video = video;
    if (this.#stream) this.#show();
    return () => {
      this.stop();
      this.#video = undefined;
    };
  };

  async start(): Promise<void> {
    this.problem = undefined;
    if (!navigator.mediaDevices?.getUserMedia) {
      const hint = "Open the page on localhost or over https.";
      this.problem = { message: "Browsers give a camera to safe pages only.", reason: "", hint };
      return;
    }
    try {
      const video = { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 720 } };
      this.#stream = await navigator.mediaDevices.getUserMedia({ video });
    } catch (error) {
      const name = error instanceof DOMException ? error.name : "";
      const message = NO_CAMERA[name] ?? "The camera does not start.";
      this.problem = { message, reason: "", hint: "A photo from a file works as well." };
      return;
    }
    this.on = true;
    this.#show();
    void this.#watch(this.#stream);
  }

  stop(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
    this.on = false;
    this.faces = [];
  }

  /** Take a picture in full size. */
  async shoot(): Promise<Photo> {
    if (!this.#ready()) throw new Error("The camera shows no picture yet.");
    return await photoOfVideo(this.#video!, SHOT_SIDE_PX);
  }

  #show(): void {
    if (this.#video) this.#video.srcObject = this.#stream ?? null;
  }

  #ready(): boolean {
    return this.#video !== undefined && this.#video.readyState >= 2 && this.#video.videoWidth > 0;
  }

  async #watch(stream: MediaStream): Promise<void> {
    while (this.#stream === stream) {
      const began = performance.now();
      if (this.#ready() && !document.hidden) await this.#look(stream);
      const rest = LIVE_INTERVAL_MS - (performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, Math.max(20, rest)));
    }
  }

  async #look(stream: MediaStream): Promise<void> {
    const began = performance.now();
    try {
      const photo = await photoOfVideo(this.#video!, LIVE_SIDE_PX);
      release(photo);
      const source = { case: "image", value: photo.bytes } as const;
      const answer = await service.analyze({ source, features: [Feature.QUALITY] });
      if (this.#stream !== stream) return;
      this.seen = { width: photo.width, height: photo.height };
      this.faces = answer.faces;
      this.guidance = guide(answer.faces, photo.width);
      this.problem = undefined;
      this.lookMs = performance.now() - began;
    } catch (error) {
      if (this.#stream !== stream) return;
      this.faces = [];
      this.problem = problemOf(error);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    this.onlook?.();
  }
}
