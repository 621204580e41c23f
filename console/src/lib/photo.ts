/** Photos as the service takes them, and as this page shows them. */

/** What the service reads; the last two are shown by few browsers. */
const TAKEN_AS_IT_IS = /\.(jpe?g|jfif|png|webp|avif|gif|bmp|heic|heif|hif|tiff?)$/i;
const MAX_BYTES = 10 * 2 ** 20;
const MAX_SIDE_PX = 3000;
const JPEG_QUALITY = 0.92;

export interface Photo {
  /** The file's bytes, to be sent. */
  bytes: Uint8Array;
  /** An object URL, to be shown; empty when this browser cannot. release() frees it. */
  url: string;
  /**
   * Size in pixels of the upright picture, in which the service's boxes are; 0 when this browser
   * cannot tell.
   */
  width: number;
  height: number;
  name: string;
}

/** Read a chosen file. A format that only the browser knows becomes JPEG; throws when none does. */
export async function photoOf(file: File): Promise<Photo> {
  const asItIs = TAKEN_AS_IT_IS.test(file.name) && file.size <= MAX_BYTES;
  let size;
  try {
    size = await sizeOf(file, file.name);
  } catch (error) {
    if (!asItIs) throw error;
    return { bytes: await bytesOf(file), url: "", width: 0, height: 0, name: file.name };
  }
  if (asItIs) return { bytes: await bytesOf(file), url: URL.createObjectURL(file), ...size, name: file.name };
  const bitmap = await createImageBitmap(file);
  const blob = await toJpeg(bitmap, bitmap.width, bitmap.height, MAX_SIDE_PX);
  bitmap.close();
  return await photoOfBlob(blob, file.name);
}

/** Take the camera's current picture, at most `maxSide` pixels long. */
export async function photoOfVideo(video: HTMLVideoElement, maxSide: number): Promise<Photo> {
  const blob = await toJpeg(video, video.videoWidth, video.videoHeight, maxSide);
  return await photoOfBlob(blob, "camera.jpg");
}

/** Cut a face out of a photo, with some room around it; for this page's own memory. */
export async function cropOf(photo: Photo, bbox: readonly number[], side = 160): Promise<string> {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = bbox;
  const half = Math.max(x2 - x1, y2 - y1) * 0.72;
  const middle = { x: (x1 + x2) / 2, y: (y1 + y2) / 2 };
  const picture = await decode(photo.url);
  const canvas = new OffscreenCanvas(side, side);
  canvas
    .getContext("2d")!
    .drawImage(picture, middle.x - half, middle.y - half, 2 * half, 2 * half, 0, 0, side, side);
  return URL.createObjectURL(await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 }));
}

export function release(photo: Photo | undefined): void {
  if (photo?.url) URL.revokeObjectURL(photo.url);
}

async function photoOfBlob(blob: Blob, name: string): Promise<Photo> {
  const { width, height } = await sizeOf(blob, name);
  return { bytes: await bytesOf(blob), url: URL.createObjectURL(blob), width, height, name };
}

async function bytesOf(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer());
}

async function sizeOf(blob: Blob, name: string): Promise<{ width: number; height: number }> {
  const url = URL.createObjectURL(blob);
  try {
    const picture = await decode(url);
    return { width: picture.naturalWidth, height: picture.naturalHeight };
  } catch {
    throw new Error(`${name} is no photo that this browser can read.`);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** An <img> applies the EXIF orientation, as the service does. */
async function decode(url: string): Promise<HTMLImageElement> {
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  return picture;
}

async function toJpeg(
  source: CanvasImageSource,
  width: number,
  height: number,
  maxSide: number,
): Promise<Blob> {
  const scale = Math.min(1, maxSide / Math.max(width, height));
  const canvas = new OffscreenCanvas(Math.round(width * scale), Math.round(height * scale));
  canvas.getContext("2d")!.drawImage(source, 0, 0, canvas.width, canvas.height);
  return await canvas.convertToBlob({ type: "image/jpeg", quality: JPEG_QUALITY });
}
