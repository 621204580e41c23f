/** Who a photo of a folder shows, by its path. */

/** Return the folder that a photo is in, or its own name when the person has one photo only. */
export function userOf(path: string): string {
  const parts = path.split("/");
  if (parts.length >= 3) return parts.at(-2)!;
  return parts.at(-1)!.replace(/\.[^.]+$/, "");
}

/** Return a name to be shown: anna_karina becomes Anna Karina. */
export function nameOf(userId: string): string {
  return userId.replace(/[_-]+/g, " ").replace(/\b\p{L}/gu, (letter) => letter.toUpperCase());
}
