/** Light, dark, or as the system has it. The choice is all that this page ever stores. */
type Choice = "system" | "light" | "dark";
const KEY = "facesvc-theme";

class Theme {
  choice = $state<Choice>("system");

  constructor() {
    const stored = localStorage.getItem(KEY);
    if (stored === "light" || stored === "dark") this.choice = stored;
    this.#apply();
  }

  next(): void {
    const order: Choice[] = ["system", "light", "dark"];
    this.choice = order[(order.indexOf(this.choice) + 1) % order.length]!;
    localStorage.setItem(KEY, this.choice);
    this.#apply();
  }

  #apply(): void {
    if (this.choice === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = this.choice;
  }
}

export const theme = new Theme();
