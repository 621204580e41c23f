/** Values as people read them. */
import { timestampDate, type Timestamp } from "@bufbuild/protobuf/wkt";

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function fixed(value: number, digits = 2): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "\u2212");
}

/** A small chance as people grasp it: 1 in 12,000. */
export function oneIn(chance: number): string {
  if (chance > 0.1) return percent(chance);
  if (chance < 1e-9) return "less than 1 in a billion";
  const many = 1 / chance;
  const step = 10 ** Math.max(0, Math.floor(Math.log10(many)) - 1);
  return `1 in ${(Math.round(many / step) * step).toLocaleString("en")}`;
}

export function count(many: number, one: string, several = `${one}s`): string {
  return `${many.toLocaleString("en")} ${many === 1 ? one : several}`;
}

export function day(time: Timestamp | undefined): string {
  return time ? timestampDate(time).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }) : "";
}

export function clock(time: Date): string {
  return time.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** A reason such as TOO_BLURRED as words. */
export function words(reason: string): string {
  const text = reason.toLowerCase().replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function initials(name: string): string {
  const parts = name.split(/[\s._-]+/).filter(Boolean);
  return ((parts[0]?.[0] ?? "?") + (parts.length > 1 ? parts.at(-1)![0]! : "")).toUpperCase();
}

export function bytes(many: number): string {
  if (many < 1024) return `${many} B`;
  return many < 2 ** 20 ? `${(many / 1024).toFixed(0)} KiB` : `${(many / 2 ** 20).toFixed(1)} MiB`;
}
