import { expect, test } from "vitest";
import { Kiosk, type Sight } from "./kiosk";

const COOLDOWN_MS = 60_000;
const HERE: Sight = { bbox: [100, 100, 200, 240], good: true };
const THERE: Sight = { bbox: [500, 100, 600, 240], good: true };

/** Look again and again, 250 ms apart; return the look (from 1) that fired, or 0. */
function looks(kiosk: Kiosk, sight: Sight | undefined, many: number, fromMs: number): number {
  for (let look = 1; look <= many; look++)
    if (kiosk.look(sight, fromMs + look * 250)) return look;
  return 0;
}

test("a good face that holds still for three looks fires", () => {
  expect(looks(new Kiosk(COOLDOWN_MS), HERE, 10, 0)).toBe(3);
});

test("a poor face, a moving face and nobody never fire", () => {
  expect(looks(new Kiosk(COOLDOWN_MS), { ...HERE, good: false }, 20, 0)).toBe(0);
  expect(looks(new Kiosk(COOLDOWN_MS), undefined, 20, 0)).toBe(0);
  const kiosk = new Kiosk(COOLDOWN_MS);
  for (let look = 0; look < 20; look++) {
    const x = 100 + look * 30;
    expect(kiosk.look({ bbox: [x, 100, x + 100, 240], good: true }, look * 250)).toBe(false);
  }
});

test("who stays in front of the camera is checked in once within the set time", () => {
  const kiosk = new Kiosk(COOLDOWN_MS);
  looks(kiosk, HERE, 3, 0);
  expect(kiosk.answered("anna", 1000)).toBe(true);
  expect(looks(kiosk, HERE, 200, 1000)).toBe(0);
  expect(looks(kiosk, HERE, 200, COOLDOWN_MS)).toBeGreaterThan(0);
  expect(kiosk.answered("anna", COOLDOWN_MS + 2000)).toBe(true);
});

test("who leaves and comes back within the set time does not count again", () => {
  const kiosk = new Kiosk(COOLDOWN_MS);
  looks(kiosk, HERE, 3, 0);
  kiosk.answered("anna", 1000);
  looks(kiosk, undefined, 4, 1000);
  expect(looks(kiosk, HERE, 4, 3000)).toBe(3);
  expect(kiosk.answered("anna", 4000)).toBe(false);
});

test("the next person is served at once, also without a look at an empty place between", () => {
  const kiosk = new Kiosk(COOLDOWN_MS);
  looks(kiosk, HERE, 3, 0);
  kiosk.answered("anna", 1000);
  expect(looks(kiosk, THERE, 4, 1000)).toBe(3);
  expect(kiosk.answered("ben", 2000)).toBe(true);
});

test("a face that was not recognised is tried again after a few seconds", () => {
  const kiosk = new Kiosk(COOLDOWN_MS);
  looks(kiosk, HERE, 3, 0);
  expect(kiosk.answered("", 1000)).toBe(true);
  expect(looks(kiosk, HERE, 10, 1000)).toBe(0);
  expect(looks(kiosk, HERE, 10, 5000)).toBeGreaterThan(0);
});
