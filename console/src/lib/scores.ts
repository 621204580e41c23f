/** How similar people are to the recognizer that runs, as its pack's calibration has it. */
import { faces } from "./api";
import { service } from "./service.svelte";

export interface Scores {
  /** Similarities, rising. */
  at: number[];
  /** Share of pairs of different people that are at least as similar, 1 falling to 0. */
  impostor: number[] | undefined;
  /** Share of pairs of one person that are less similar, 0 rising to 1. */
  genuine: number[] | undefined;
}

interface Shares {
  impostor: number | undefined;
  genuine: number | undefined;
}

const FROM = 0; // calibrations are coarse below: nobody's threshold is there
const TO = 0.975;
const STEP = 0.025;

let known: { model: string; scores: Promise<Scores> } | undefined;

/** Return the curves; those that the calibration lacks are undefined. Asked once for each recognizer. */
export function scores(): Promise<Scores> {
  const model = service.health?.model?.recognizer ?? "";
  if (known?.model !== model) known = { model, scores: ask(model) };
  return known.scores;
}

/** Return the shares of pairs beyond a similarity: of different people from it on, of one person below it. */
export async function sharesAt(similarity: number): Promise<Shares> {
  return await compared(Math.max(-1, Math.min(1, similarity)), service.health?.model?.recognizer ?? "");
}

async function ask(model: string): Promise<Scores> {
  const at: number[] = [];
  const shares: Shares[] = [];
  for (let similarity = FROM; similarity <= TO; similarity += STEP) {
    at.push(similarity);
    shares.push(await compared(similarity, model));
    const { impostor, genuine } = shares[0]!;
    if (impostor === undefined && genuine === undefined) break;
  }
  return { at, impostor: whole(shares.map((each) => each.impostor)), genuine: whole(shares.map((each) => each.genuine)) };
}

function whole(values: (number | undefined)[]): number[] | undefined {
  return values.every((value) => value !== undefined) ? values : undefined;
}

/** A comparison tells the rates at its threshold; two made-up faces make it, so no photo is looked at. */
async function compared(threshold: number, model: string): Promise<Shares> {
  const size = service.health?.model?.embeddingSize ?? 512;
  const values = Array.from({ length: size }, (_, index) => (index === 0 ? 1 : 0));
  const embedding = { values, model };
  const answer = await faces.compare({
    source1: { case: "embedding1", value: embedding },
    source2: { case: "embedding2", value: embedding },
    threshold,
  });
  return { impostor: answer.estimatedFmr, genuine: answer.estimatedFnmr };
}
