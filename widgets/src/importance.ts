// The Importance tab: a bar for each parameter of a family, and what it means in a sentence.
import type { Context, Part } from "./context";
import { element, setShown, setText } from "./dom";
import { ALL, makeFamilyList, type FamilyChoice } from "./families";
import * as format from "./format";
import { makeInsight } from "./insight";
import type { ImportanceGroup } from "./protocol";
import { percent, shareBar } from "./shareBar";

const LEAST = 20; // done trials from which the kernel tells anything

export function makeImportance(context: Context, choice: FamilyChoice): Part {
  const caption = element("p", { class: "am-caption" }, "Which parameters mattered");
  const families = makeFamilyList(context, choice, "All families together", () => update());
  const sentence = element("p", { class: "am-said", role: "status" });
  const bars = element("ul", { class: "am-shares", "aria-label": "Importance of the parameters" });
  const how = element("p", { class: "am-hint" },
    "PED-ANOVA: how far the values of the best tenth of the trials lie apart from those of all of them, as a share of 100 %. What a search has settled early looks less important than it is.");
  const insight = makeInsight(context, choice);
  const root = element("div", { class: "am-importance" }, element("div", { class: "am-chart-head" }, caption, families.element), sentence, bars, how, insight.element);
  let drawn = "";

  const update = () => {
    const { store } = context;
    families.update();
    insight.update();
    const family = choice.now(context);
    const group = groupOf(store.importance?.groups ?? [], family);
    const done = [...store.trials.values()].filter((trial) => trial.state === "done" && !trial.hidden && (family === ALL || trial.model === family)).length;
    setText(sentence, saidOf(group, family, done));
    const now = JSON.stringify([group?.values, family]);
    if (now === drawn) return;
    drawn = now;
    const values = group?.values ?? [];
    setShown(bars, values.length > 0);
    bars.replaceChildren(...values.map(({ label, share }) => shareBar(format.shortLabel(label, family || null), share, values[0]!.share)));
  };
  return { element: root, update, close: () => insight.close?.() };
}

function groupOf(groups: ImportanceGroup[], family: string): ImportanceGroup | undefined {
  return groups.find((group) => (group.model ?? ALL) === family);
}

/** Return in a sentence what mattered, or why nothing is said. */
export function saidOf(group: ImportanceGroup | undefined, family: string, done: number): string {
  const among = (count: number) => `${count} done trials${family === ALL ? "" : ` of ${family}`}`;
  if (group === undefined || group.trials < LEAST) {
    return done < LEAST ? `Too few to tell: ${done} of the ${LEAST} done trials${family === ALL ? "" : ` of ${family}`} that it takes.` : "It is being worked out.";
  }
  const [first, second] = group.values;
  if (first === undefined) return `Among the ${among(group.trials)}, the best ones have no values of their own: no parameter stands out.`;
  const name = (label: string) => format.shortLabel(label, family || null);
  const next = second !== undefined && second.share >= 0.1 ? `, then ${name(second.label)} (${percent(second.share)})` : "";
  return `Among the ${among(group.trials)}, ${name(first.label)} mattered most (${percent(first.share)})${next}.`;
}
