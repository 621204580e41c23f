// One thing that a form tries at a time: whether it is at it, and what went wrong.
import { problemOf, type Problem } from "./problem";

export class Attempt {
  busy = $state(false);
  problem = $state.raw<Problem | undefined>();

  /** Do the work; what it throws becomes the problem. Never throws. */
  async run(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.problem = undefined;
    try {
      await work();
    } catch (error) {
      this.problem = problemOf(error);
    }
    this.busy = false;
  }
}
