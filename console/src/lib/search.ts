/** Search in the loaded gallery: every word has to be found somewhere. */
import type { JsonObject } from "@bufbuild/protobuf";

export interface Searchable {
  userId: string;
  name: string;
  metadata?: JsonObject | undefined;
}

export function matches(person: Searchable, wanted: string): boolean {
  const text = plain(`${person.userId} ${person.name} ${JSON.stringify(person.metadata ?? {})}`);
  return plain(wanted)
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Without case and accents: Zoe finds Zoë. */
function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
