// Tabs as the ARIA pattern has them: one tab stop, arrow keys, only the shown part is kept up to date.
import type { Part } from "./context";
import { element, freshId } from "./dom";

export interface Named {
  name: string;
  part: Part;
}

export function makeTabs(named: Named[]): Part {
  const list = element("div", { class: "am-tabs", role: "tablist", "aria-label": "Views" });
  const root = element("div", { class: "am-views" }, list);
  let shown = 0;
  const pairs = named.map(({ name, part }) => {
    const tab = element("button", { type: "button", role: "tab", id: freshId("tab"), class: "am-tab" }, name);
    const panel = element("div", { role: "tabpanel", id: freshId("view"), "aria-labelledby": tab.id, class: "am-view" }, part.element);
    tab.setAttribute("aria-controls", panel.id);
    list.append(tab);
    root.append(panel);
    return { tab, panel, part };
  });
  const show = (place: number) => {
    shown = place;
    pairs.forEach(({ tab, panel }, at) => {
      tab.setAttribute("aria-selected", String(at === place));
      tab.tabIndex = at === place ? 0 : -1;
      panel.hidden = at !== place;
    });
    pairs[place]!.part.update();
  };
  pairs.forEach(({ tab }, place) => tab.addEventListener("click", () => show(place)));
  list.addEventListener("keydown", (event) => {
    const last = pairs.length - 1;
    const next = { ArrowRight: shown === last ? 0 : shown + 1, ArrowLeft: shown === 0 ? last : shown - 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    show(next);
    pairs[next]!.tab.focus();
  });
  show(0);
  return {
    element: root,
    update: () => pairs[shown]!.part.update(),
    recolour: () => pairs.forEach(({ part }) => part.recolour?.()),
    close: () => pairs.forEach(({ part }) => part.close?.()),
  };
}
