/** The page that the address names after its #. */

export const PAGES = [
  { id: "check-in", name: "Check in", icon: "scan" },
  { id: "enrol", name: "Enrol", icon: "plus" },
  { id: "gallery", name: "Gallery", icon: "people" },
  { id: "roll-call", name: "Roll call", icon: "list" },
  { id: "compare", name: "Compare", icon: "compare" },
  { id: "events", name: "Events", icon: "clock" },
  { id: "health", name: "Health", icon: "pulse" },
] as const;

export type PageId = (typeof PAGES)[number]["id"];

class Route {
  page = $state<PageId>("check-in");
  argument = $state("");

  constructor() {
    this.#read();
    addEventListener("hashchange", () => this.#read());
  }

  /** Leave what was named, for instance a person whose dialog was closed. */
  forget(): void {
    if (this.argument) history.replaceState(null, "", `#/${this.page}`);
    this.argument = "";
  }

  #read(): void {
    const [page = "", argument = ""] = location.hash.replace(/^#\/?/, "").split("/");
    this.page = PAGES.find((known) => known.id === page)?.id ?? "check-in";
    this.argument = decodeURIComponent(argument);
  }
}

export const route = new Route();
