/** How similar different people are to the recognizer that runs, as its pack's calibration has it. */
import { faces } from "./api";
import { service } from "./service.svelte";

export interface Impostors {
  /** Similarities, rising. */
  at: number[];
  /** Share of pairs of different people that are at least as similar, 1 falling to 0. */
  reached: number[];
}

const FROM = 0; // calibrations are coarse below: nobody's threshold is there
const TO = 0.9;
const STEP = 0.025;

let known: { model: string; impostors: Promise<Impostors | undefined> } | undefined;

/** Return the curve; undefined where the pack has no calibration. Asked once for each recognizer. */
export function impostors(): Promise<Impostors | undefined> {
  const model = service.health?.model?.recognizer ?? "";
  if (known?.model !== model) known = { model, impostors: ask(model) };
  return known.impostors;
}

/** Return the share of pairs of different people that are at least this similar. */
export async function shareReaching(similarity: number): Promise<number | undefined> {
  const model = service.health?.model?.recognizer ?? "";
  return await shareAt(Math.max(-1, Math.min(1, similarity)), model);
}

async function ask(model: string): Promise<Impostors | undefined> {
  const at: number[] = [];
  const reached: number[] = [];
  for (let similarity = FROM; similarity <= TO; similarity += STEP) {
    const share = await shareAt(similarity, model);
    if (share === undefined) return undefined;
    at.push(similarity);
    reached.push(share);
  }
  return { at, reached };
}

/** A comparison tells the rate at its threshold; two made-up faces make it, so no photo is looked at. */
async function shareAt(threshold: number, model: string): Promise<number | undefined> {
  const size = service.health?.model?.embeddingSize ?? 512;
  const values = Array.from({ length: size }, (_, index) => (index === 0 ? 1 : 0));
  const embedding = { values, model };
  const answer = await faces.compare({
    source1: { case: "embedding1", value: embedding },
    source2: { case: "embedding2", value: embedding },
    threshold,
  });
  return answer.estimatedFmr;
}
