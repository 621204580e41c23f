// Photos as browsers have them, and as requests take them.

/** A canvas: of a page, or of a worker. */
export type Canvas =
  | { toBlob(done: (blob: Blob | null) => void, type?: string, quality?: number): void }
  | { convertToBlob(options?: { type?: string; quality?: number }): Promise<Blob> };

/** A file of an input, a recording's frame on a canvas, bytes, or a URL that the service fetches. */
export type PhotoSource = Blob | Canvas | ArrayBuffer | Uint8Array | URL | string;

export type Photo =
  | { case: "image"; value: Uint8Array<ArrayBuffer> }
  | { case: "imageUrl"; value: string };

const JPEG_QUALITY = 0.95; // what it takes away moves no similarity that counts

/**
 * Return the `source` of a request. Files travel as they are, a canvas as JPEG; a string or URL is
 * http(s): or data:. Throws TypeError for what is no photo, RangeError for a canvas without content.
 */
export async function photo(source: PhotoSource): Promise<Photo> {
  if (typeof source === "string" || source instanceof URL) {
    const url = String(source);
    if (!/^(https?|data):/.test(url)) throw new TypeError("a URL of a photo is http(s): or data:");
    return { case: "imageUrl", value: url };
  }
  return { case: "image", value: await bytesOf(source) };
}

/** Return an image's bytes, as `images` of CheckIn takes them. Throws as photo does. */
export async function bytesOf(
  source: Exclude<PhotoSource, URL | string>,
): Promise<Uint8Array<ArrayBuffer>> {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) return new Uint8Array(source); // a copy: its buffer may be shared
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  return new Uint8Array(await (await pictureOf(source)).arrayBuffer());
}

async function pictureOf(canvas: Canvas): Promise<Blob> {
  if ("convertToBlob" in canvas) {
    return canvas.convertToBlob({ type: "image/jpeg", quality: JPEG_QUALITY });
  }
  if (!("toBlob" in canvas)) {
    throw new TypeError("a photo is a File, Blob, canvas, bytes or a URL");
  }
  const made = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY);
  });
  if (!made) throw new RangeError("the canvas has no content");
  return made;
}
