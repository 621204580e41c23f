/** The API key: held in this page's memory only, never in storage. */
class Access {
  key = $state("");
  asking = $state(false);
  /** True when a key was sent and the service did not know it. */
  wrong = $state(false);
  #waiting: ((given: boolean) => void)[] = [];

  /** Show the dialog; resolves with whether a key was given. Calls that wait share one dialog. */
  ask(): Promise<boolean> {
    this.wrong = this.key !== "";
    this.asking = true;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  give(key: string): void {
    this.key = key.trim();
    this.#finish(this.key !== "");
  }

  cancel(): void {
    this.#finish(false);
  }

  #finish(given: boolean): void {
    this.asking = false;
    for (const resolve of this.#waiting.splice(0)) resolve(given);
  }
}

export const access = new Access();
