/** A collection as a file: export and import. */
import { createClient } from "@connectrpc/connect";
import { GalleryService, type ImportGalleryResponse } from "../gen/facesvc/v1/gallery_service_pb";
import { gallery, UNHURRIED } from "./api";
import { uploading } from "./upload";

const CHUNK_BYTES = 2 ** 20;

/** Return a collection as its archive file; `onbytes` hears how much has come. */
export async function exportOf(
  collection: string,
  passphrase: string,
  onbytes: (bytes: number) => void,
): Promise<Blob> {
  const chunks: BlobPart[] = [];
  let bytes = 0;
  for await (const part of gallery.exportGallery({ collection, passphrase }, UNHURRIED)) {
    chunks.push(part.chunk as Uint8Array<ArrayBuffer>);
    bytes += part.chunk.length;
    onbytes(bytes);
  }
  return new Blob(chunks, { type: "application/octet-stream" });
}

/** Read an archive file into a collection; returns the last answer, which has what was stored. */
export async function importInto(
  collection: string,
  file: Blob,
  passphrase: string,
): Promise<ImportGalleryResponse | undefined> {
  async function* parts() {
    for (let from = 0; from < Math.max(1, file.size); from += CHUNK_BYTES) {
      const chunk = new Uint8Array(await file.slice(from, from + CHUNK_BYTES).arrayBuffer());
      yield from === 0 ? { chunk, collection, passphrase } : { chunk };
    }
  }
  const client = createClient(GalleryService, uploading());
  let last: ImportGalleryResponse | undefined;
  for await (const answer of client.importGallery(parts(), UNHURRIED)) last = answer;
  return last;
}

/** Let the browser save a blob. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
