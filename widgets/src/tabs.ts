// Tabs by the book (WAI-ARIA): arrow keys move between them, only the chosen one is in the tab order.
import { make } from "./format";

export interface Tab {
  name: string;
  root: HTMLElement;
  update: () => void;
}

let made = 0;

export function tabs(all: Tab[]): { root: HTMLElement; update: () => void } {
  const stem = `am-tab-${(made += 1)}-${Math.random().toString(36).slice(2, 8)}`;
  let chosen = 0;
  const buttons = all.map((tab, place) => make("button", { type: "button", role: "tab", id: `${stem}-${place}`, "aria-controls": `${stem}-panel-${place}` }, tab.name));
  const panels = all.map((tab, place) => make("div", { role: "tabpanel", id: `${stem}-panel-${place}`, "aria-labelledby": `${stem}-${place}`, class: "am-tabpanel" }, tab.root));
  const list = make("div", { role: "tablist", class: "am-tabs", "aria-label": "Views of the search" }, ...buttons);
  const root = make("div", {}, list, ...panels);

  function choose(place: number, focus: boolean): void {
    chosen = (place + all.length) % all.length;
    buttons.forEach((button, at) => {
      button.setAttribute("aria-selected", String(at === chosen));
      button.tabIndex = at === chosen ? 0 : -1;
      panels[at]!.hidden = at !== chosen;
    });
    if (focus) buttons[chosen]!.focus();
    all[chosen]!.update();
  }
  buttons.forEach((button, place) => button.addEventListener("click", () => choose(place, false)));
  list.addEventListener("keydown", (event) => {
    const places: Record<string, number> = { ArrowRight: chosen + 1, ArrowLeft: chosen - 1, Home: 0, End: all.length - 1 };
    const place = places[event.key];
    if (place === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    choose(place, true);
  });
  choose(0, false);
  return { root, update: () => all[chosen]!.update() };
}
