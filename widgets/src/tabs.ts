// Tabs as the ARIA pattern has them: one tab stop, arrow keys, only the shown part is kept up to date.
// What a beginner does not know yet stands behind "More", in the same list.
import type { Part } from "./context";
import { element, freshId, setShown } from "./dom";

export interface Named {
  name: string;
  part: Part;
  /** Whether there is anything to show; without it the tab is not there. */
  isThere?: () => boolean;
}

export function makeTabs(first: Named[], further: Named[] = []): Part {
  const list = element("div", { class: "am-tabs", role: "tablist", "aria-label": "Views", id: freshId("tabs") });
  // a list of tabs may hold tabs alone, so the button that reveals the further ones stands beside it
  const more = element("button", { type: "button", class: "am-tab am-more-tabs", "aria-expanded": false, "aria-controls": list.id }, "More");
  const root = element("div", { class: "am-views" }, element("div", { class: "am-tab-row" }, list, further.length ? more : null));
  let shown = 0;
  let open = false;
  const pairs = [...first, ...further].map(({ name, part, isThere = () => true }) => {
    const tab = element("button", { type: "button", role: "tab", id: freshId("tab"), class: "am-tab" }, name);
    const panel = element("div", { role: "tabpanel", id: freshId("view"), "aria-labelledby": tab.id, class: "am-view" }, part.element);
    tab.setAttribute("aria-controls", panel.id);
    list.append(tab);
    root.append(panel);
    return { tab, panel, part, isThere };
  });
  const reveal = () => {
    more.setAttribute("aria-expanded", String(open));
    pairs.forEach(({ tab, isThere }, place) => setShown(tab, place === shown || ((place < first.length || open) && isThere())));
  };
  const show = (place: number) => {
    shown = place;
    pairs.forEach(({ tab, panel }, at) => {
      tab.setAttribute("aria-selected", String(at === place));
      tab.tabIndex = at === place ? 0 : -1;
      panel.hidden = at !== place;
    });
    reveal();
    pairs[place]!.part.update();
  };
  pairs.forEach(({ tab }, place) => tab.addEventListener("click", () => show(place)));
  more.addEventListener("click", () => {
    open = !open;
    reveal();
  });
  list.addEventListener("keydown", (event) => {
    const seen = pairs.map((_, place) => place).filter((place) => !pairs[place]!.tab.hidden);
    const at = seen.indexOf(shown);
    const last = seen.length - 1;
    const next = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    show(seen[next]!);
    pairs[seen[next]!]!.tab.focus();
  });
  show(0);
  return {
    element: root,
    update() {
      reveal();
      pairs[shown]!.part.update();
    },
    recolour: () => pairs.forEach(({ part }) => part.recolour?.()),
    close: () => pairs.forEach(({ part }) => part.close?.()),
  };
}
