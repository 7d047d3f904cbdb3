// The Networks tab: how each learned, score against size, the blocks of one, and where the time went. Only a search over networks has it.
import type { Context, Part } from "./context";
import { makeDiagram } from "./diagram";
import { element, setShown, setText, svg } from "./dom";
import { colour, dash } from "./drawing";
import * as format from "./format";
import { makeLearning } from "./learning";
import { signItem } from "./legend";
import { glyph } from "./marks";
import type { LimitsRow, TrialRow } from "./protocol";
import { makeSize } from "./size";
import { shareBar } from "./shareBar";

const STATES = ["pruned", "paused", "running", "failed"];

export function makeNetworks(context: Context): Part {
  const charts = element("div", { class: "am-network-charts" });
  const [learning, size, diagram, times] = [makeLearning(context), makeSize(context), makeDiagram(context), makeTimes(context)];
  const legend = makeNetworkLegend(context, () => charts.querySelector(".am-far") !== null);
  charts.append(learning.element, legend.element, size.element);
  const beside = element("div", { class: "am-network-charts" }, diagram.element, times.element);
  const root = element("div", { class: "am-networks" }, charts, beside);
  const all = [learning, size, legend, diagram, times];
  return {
    element: root,
    update: () => all.forEach((part) => part.update()),
    close: () => all.forEach((part) => part.close?.()),
  };
}

/** Families by colour, shape and dash, and what marks and lines mean, as far as they are there; `far` tells of scores beyond the pictures. */
function makeNetworkLegend(context: Context, far: () => boolean): Part {
  const { store } = context;
  const root = element("ul", { class: "am-legend", "aria-label": "Legend of the networks" });
  let drawn = "";
  return {
    element: root,
    update() {
      const families = store.families();
      const trials = [...store.trials.values()];
      const states = [...STATES.filter((state) => trials.some((trial) => trial.state === state)), ...(far() ? ["far"] : [])];
      const now = JSON.stringify([families, states]);
      if (now === drawn) return;
      drawn = now;
      root.replaceChildren(...families.map(familyItem), ...states.map(signItem), signItem("front"), signItem("limit"));
    },
  };
}

function familyItem(family: string, place: number): HTMLElement {
  const line = svg("svg", { class: "am-race-sign", viewBox: "0 0 30 10", "aria-hidden": "true" },
    svg("path", { d: "M0 5H30", fill: "none", stroke: colour(place), "stroke-width": 2, "stroke-dasharray": dash(place) }));
  const item = element("li", {}, element("span", {}, family));
  item.prepend(glyph(place), line);
  return item;
}

/** Where the time went, by family; and what was refused before it cost any. */
function makeTimes(context: Context): Part {
  const { store } = context;
  const caption = element("p", { class: "am-caption" }, "Where the time went");
  const said = element("p", { class: "am-said" });
  const bars = element("ul", { class: "am-shares", "aria-label": "Share of the time of each family" });
  const refused = element("p", { class: "am-said" });
  const list = element("ul", { class: "am-refused", "aria-label": "What was refused" });
  const root = element("section", { class: "am-times" }, caption, said, bars, refused, list);
  let drawn = "";
  return {
    element: root,
    update() {
      const now = [store.revision.trial, store.revision.limits, store.revision.about].join();
      if (now === drawn) return;
      drawn = now;
      const times = timesOf(store.trials.values());
      const whole = [...times.values()].reduce((sum, { seconds }) => sum + seconds, 0);
      const families = store.families().filter((family) => times.has(family));
      setShown(bars, whole > 0);
      setText(said, whole > 0 ? `${format.duration(whole)} of training in ${format.counted([...times.values()].reduce((sum, { networks }) => sum + networks, 0), "network")}.` : "No network has been trained yet.");
      const most = Math.max(...families.map((family) => times.get(family)!.seconds));
      bars.replaceChildren(...(whole > 0 ? families.map((family) => {
        const { seconds, networks } = times.get(family)!;
        const bar = shareBar(family, seconds / whole, most / whole);
        bar.querySelector(".am-share-name")!.prepend(glyph(store.families().indexOf(family)), " ");
        bar.querySelector(".am-share-name")!.append(element("span", { class: "am-count" }, ` ${networks}`));
        return bar;
      }) : []));
      setText(refused, refusedSaid(store.limits));
      setShown(list, (store.limits?.refused.length ?? 0) > 1);
      list.replaceChildren(...(store.limits?.refused ?? []).map(({ why, count }) => element("li", {}, `${count}: ${why}`)));
    },
  };
}

/** Return the seconds and the number of networks of each family; lines to beat are none of them. */
export function timesOf(trials: Iterable<TrialRow>): Map<string, { seconds: number; networks: number }> {
  const found = new Map<string, { seconds: number; networks: number }>();
  for (const trial of trials) {
    if (trial.hidden) continue;
    const { seconds, networks } = found.get(trial.model) ?? { seconds: 0, networks: 0 };
    found.set(trial.model, { seconds: seconds + trial.seconds, networks: networks + 1 });
  }
  return found;
}

/** Return in words what the limits kept from being trained. */
export function refusedSaid(limits: LimitsRow | null): string {
  const refused = limits?.refused ?? [];
  const count = refused.reduce((sum, one) => sum + one.count, 0);
  if (count === 0) return "";
  const whole = `${format.counted(count, "network")} ${count === 1 ? "was" : "were"} drawn and refused before training`;
  return refused.length === 1 ? `${whole}: ${refused[0]!.why}.` : `${whole}; another one was tried in the place of each.`;
}
