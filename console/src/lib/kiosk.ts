/** When a kiosk checks in by itself: once a good face is steady, and once per person. */

export interface Sight {
  bbox: readonly number[];
  good: boolean;
}

/** Looks in a row that have to show the same steady face. */
const STEADY_LOOKS = 3;
/** A face moved when its middle did by more than this part of its width. */
const MAX_SHIFT = 0.12;
/** Looks in a row without a face after which the person is gone. */
const GONE_LOOKS = 2;
/** A face this far from where the last person stood, in widths, is somebody else's. */
const ELSEWHERE = 1.5;
/** A face that was not recognised is tried again after this time. */
const RETRY_MS = 4_000;

export class Kiosk {
  #cooldownMs: number;
  #last: Sight | undefined;
  #steady = 0;
  #gone = 0;
  /** The person who was just checked in and still stands there. */
  #served: { at: number; waitMs: number; bbox: readonly number[] } | undefined;
  #admitted = new Map<string, number>();

  constructor(cooldownMs: number) {
    this.#cooldownMs = cooldownMs;
  }

  /** Tell what the camera shows now; returns whether to check in. `nowMs` never goes back. */
  look(sight: Sight | undefined, nowMs: number): boolean {
    if (!sight) {
      this.#gone += 1;
      if (this.#gone >= GONE_LOOKS) this.#served = undefined;
      this.#steady = 0;
      this.#last = undefined;
      return false;
    }
    this.#gone = 0;
    if (this.#served) {
      this.#steady = 0;
      this.#last = sight;
      const moved = shift(sight.bbox, this.#served.bbox) > ELSEWHERE;
      if (!moved && nowMs - this.#served.at < this.#served.waitMs) {
        this.#served.bbox = sight.bbox;
        return false;
      }
      this.#served = undefined;
    }
    const still = this.#last !== undefined && shift(sight.bbox, this.#last.bbox) <= MAX_SHIFT;
    this.#steady = sight.good ? (still ? this.#steady + 1 : 1) : 0;
    this.#last = sight;
    return this.#steady >= STEADY_LOOKS;
  }

  /**
   * Tell the answer of a check-in; `userId` is empty when nobody was recognised. Returns false
   * when the person was checked in within the set time already: then it does not count again.
   */
  answered(userId: string, nowMs: number): boolean {
    this.#steady = 0;
    const bbox = this.#last?.bbox ?? [];
    this.#served = { at: nowMs, waitMs: userId ? this.#cooldownMs : RETRY_MS, bbox };
    if (!userId) return true;
    const before = this.#admitted.get(userId);
    if (before !== undefined && nowMs - before < this.#cooldownMs) return false;
    this.#admitted.set(userId, nowMs);
    return true;
  }
}

/** Return how far the middle moved, in widths of the earlier face. */
function shift(now: readonly number[], before: readonly number[]): number {
  const [a, b] = [middle(now), middle(before)];
  return Math.hypot(a.x - b.x, a.y - b.y) / Math.max(1, b.width);
}

function middle(bbox: readonly number[]): { x: number; y: number; width: number } {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = bbox;
  return { x: (x1 + x2) / 2, y: (y1 + y2) / 2, width: x2 - x1 };
}
