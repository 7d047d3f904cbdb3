// The legend: families by colour and shape, and what lines and hollow marks mean, as far as they are there.
import type { Context, Part } from "./context";
import { element, setText, svg } from "./dom";
import { glyph, starGlyph, YOU } from "./marks";

/** `far` tells whether a score lies outside the picture. */
export function makeLegend(context: Context, far: () => boolean): Part {
  const root = element("ul", { class: "am-legend", "aria-label": "Legend" });
  let drawn = "";
  const counts = new Map<string, HTMLElement>();
  return {
    element: root,
    update() {
      const { store } = context;
      const trials = [...store.trials.values()];
      const number = new Map<string, number>();
      for (const trial of trials) number.set(trial.model, (number.get(trial.model) ?? 0) + 1);
      const families = store.families();
      const signs = [
        "best",
        store.about?.baseline != null ? "baseline" : "",
        trials.some((trial) => trial.origin === YOU) ? "you" : "",
        [...store.notes.values()].some((note) => note.who !== null) ? "act" : "",
        ...["pruned", "paused", "running", "failed"].map((state) => (trials.some((trial) => trial.state === state) ? state : "")),
        far() ? "far" : "",
      ].filter(Boolean);
      const now = JSON.stringify([families, signs]);
      if (now !== drawn) {
        drawn = now;
        counts.clear();
        root.replaceChildren(...families.map((family) => familyItem(family, store.place(family), counts)), ...signs.map(signItem));
      }
      for (const [family, count] of counts) setText(count, String(number.get(family) ?? 0));
    },
  };
}

function familyItem(family: string, place: number, counts: Map<string, HTMLElement>): HTMLElement {
  const count = element("span", { class: "am-count" });
  counts.set(family, count);
  const item = element("li", {}, element("span", {}, family), count);
  item.prepend(glyph(place));
  return item;
}

const SIGNS: Record<string, { text: string; draw: () => SVGElement[] }> = {
  best: { text: "best so far", draw: () => [svg("path", { d: "M-6 3H0V-3H6", class: "am-sign-best" })] },
  baseline: { text: "baseline, to beat", draw: () => [svg("path", { d: "M-6.5 0H-1.5M1.5 0H6.5", class: "am-sign-baseline" })] },
  pruned: { text: "pruned", draw: () => [svg("circle", { r: 4, class: "am-sign-pruned" })] },
  paused: { text: "paused", draw: () => [svg("circle", { r: 4, class: "am-sign-pruned", "stroke-dasharray": "2.2 1.8" })] },
  running: { text: "running", draw: () => [svg("circle", { r: 4, class: "am-sign-running" })] },
  you: { text: "set by you", draw: () => [...starGlyph().children] as SVGElement[] },
  act: { text: "by hand", draw: () => [svg("path", { d: "M0-6V6", class: "am-sign-act" })] },
  front: { text: "Pareto front", draw: () => [svg("path", { d: "M-6 4H-1V-3H6", class: "am-front" })] },
  limit: { text: "limit", draw: () => [svg("path", { d: "M0-6.5V6.5", class: "am-limit" })] },
  far: { text: "beyond the picture", draw: () => [svg("path", { d: "M0-5V5M-3.5 1.5L0 5L3.5 1.5", class: "am-sign-far" })] },
  failed: { text: "failed", draw: () => [svg("path", { d: "M-4-4L4 4M-4 4L4-4", class: "am-sign-failed" })] },
};

/** Return the item of a sign that is no family. */
export function signItem(name: string): HTMLElement {
  const sign = SIGNS[name]!;
  const item = element("li", {}, sign.text);
  item.prepend(svg("svg", { class: "am-glyph", viewBox: "-6.5 -6.5 13 13", "aria-hidden": "true" }, ...sign.draw()));
  return item;
}
