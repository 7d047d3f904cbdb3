// Under the importance: how many parameters matter, which pairs act together, and narrower ranges to take over.
import { copied } from "./code";
import type { Context, Part } from "./context";
import { element, freshId, setShown, setText } from "./dom";
import { ALL, type FamilyChoice } from "./families";
import * as format from "./format";
import type { InsightGroup, ParameterRow, ProposedNarrowing } from "./protocol";
import { percent, shareBar } from "./shareBar";

const LEAST = 40; // done trials from which the kernel tells anything
const GROWN = 1.25; // times the trials: then it is asked anew
const ASK_AGAIN = 10_000; // ms without an answer
const PATIENCE = 4000; // ms to wait for the kernel before a narrowing may be asked for again

export function makeInsight(context: Context, choice: FamilyChoice): Part {
  const said = element("p", { class: "am-said", role: "status" });
  const bars = element("ul", { class: "am-shares", "aria-label": "Parameters that act together" });
  const how = element("p", { class: "am-hint" },
    "Functional ANOVA: the share of what is explained that lies in the two together and in neither alone. A pair counts only where it foretells trials that were left out.");
  const proposals = makeProposals(context, choice);
  const root = element("section", { class: "am-insight", tabindex: "-1", "aria-label": "What acts together" },
    element("p", { class: "am-caption" }, "What acts together"), said, bars, how, proposals.element);
  let asked = { done: 0, at: 0, revision: 0 };
  let drawn = "";

  /** Ask when much has been tried since it was last told: the kernel works some tenths of a second for it. */
  const ask = (done: number, ended: boolean) => {
    const { insight, revision } = context.store;
    if (done < LEAST || (!ended && insight !== null && done < GROWN * insight.trials)) return;
    const answered = insight !== null && revision.insight !== asked.revision;
    if (answered ? asked.done === done : Date.now() - asked.at < ASK_AGAIN) return;
    asked = { done, at: Date.now(), revision: revision.insight };
    context.send({ kind: "insight" });
  };
  return {
    element: root,
    update() {
      const { store } = context;
      const family = choice.now(context);
      const count = [...store.trials.values()].filter((trial) => trial.state === "done" && !trial.hidden).length;
      ask(count, store.status?.state === "ended");
      const group = store.insight?.groups.find((one) => (one.model ?? ALL) === family);
      setText(said, insightSaid(group, family, count));
      proposals.update();
      const now = JSON.stringify([group, family]);
      if (now === drawn) return;
      drawn = now;
      const pairs = group?.pairs ?? [];
      const name = (label: string) => format.shortLabel(label, family || null);
      setShown(bars, pairs.length > 0);
      setShown(how, pairs.length > 0);
      bars.replaceChildren(...pairs.map(({ one, other, share }) => shareBar(`${name(one)} × ${name(other)}`, share, 1)));
    },
    close: () => proposals.close?.(),
  };
}

/** Return in words how many parameters matter and whether any act together, or why nothing is said. */
export function insightSaid(group: InsightGroup | undefined, family: string, done: number): string {
  const among = family === ALL ? "" : ` of ${family}`;
  if (group === undefined) return done < LEAST ? `It is told from ${LEAST} done trials on.` : "It is being worked out.";
  if (group.trials < LEAST) return `Too few to tell: ${group.trials} of the ${LEAST} done trials${among} that it takes.`;
  const whole = format.counted(group.parameters, "parameter");
  if (group.parameters === 0) return "No parameter was tried with more than one value.";
  if (group.matter.length === 0) return `None of ${whole} stands out from chance in ${group.trials} trials${among}.`;
  const names = listed(group.matter.map(({ label }) => format.shortLabel(label, family || null)));
  const verb = group.matter.length === 1 ? "matters" : "matter";
  const none = group.pairs.length === 0 && group.matter.length > 1 ? " No interaction stands out from chance." : "";
  return `${group.matter.length} of ${whole} ${verb}: ${names}. This tells ${percent(group.told)} of how the scores of trials left out differ.${none}`;
}

/** Narrower ranges: a button for each while the run is under way, their code when it has ended. */
function makeProposals(context: Context, choice: FamilyChoice): Part {
  const list = element("ul", { class: "am-proposals", "aria-label": "Proposed narrowings" });
  const hint = element("p", { class: "am-hint", id: freshId("narrower") }, "These lines narrow the space: paste them into the body of a cell.");
  const field = element("textarea", { class: "am-code", readonly: true, spellcheck: "false", wrap: "off", "aria-label": "Code of the narrowings", "aria-describedby": hint.id });
  const take = element("button", { type: "button", class: "am-small" }, "Copy as code");
  const answer = element("span", { class: "am-muted", role: "status" });
  const code = element("div", { class: "am-code-part" }, hint, field, element("div", { class: "am-code-row" }, take, answer));
  const root = element("div", { class: "am-narrower" }, element("p", { class: "am-caption" }, "Narrower, and most of what is good is kept"), list, code);
  const waiting = new Map<string, number>();
  let drawn = "";

  take.addEventListener("click", async () => setText(answer, (await copied(field)) ? "Copied." : "Selected: press Ctrl+C or ⌘C."));
  const item = (one: ProposedNarrowing, row: ParameterRow | undefined, family: string, ended: boolean) => {
    const name = one.label === "model" ? "families" : format.shortLabel(one.label, family || null);
    const text = `${name}: ${rangeOf(one)}`;
    const kept = `is expected to keep ${percent(one.kept)} of what is good, and cuts off ${percent(one.cut)} of the ${one.low === null ? "options" : "range"}`;
    const told = element("span", {}, element("strong", {}, text), ` ${kept}.`);
    if (ended || row === undefined) return element("li", {}, told);
    const button = element("button", { type: "button", class: "am-small", "aria-label": `Narrow ${name} to ${rangeOf(one)}` }, "Narrow");
    const refused = element("span", { class: "am-muted", role: "status" });
    button.addEventListener("click", () => {
      if (button.getAttribute("aria-disabled") === "true") return;
      send(context, one, row);
      button.setAttribute("aria-disabled", "true"); // not `disabled`: that would take the focus away
      setText(refused, "");
      window.clearTimeout(waiting.get(one.label));
      waiting.set(one.label, window.setTimeout(() => {
        button.removeAttribute("aria-disabled");
        setText(refused, "Not changed: the kernel refused it or has not answered yet.");
      }, PATIENCE));
    });
    return element("li", {}, told, button, refused);
  };
  const stop = () => {
    waiting.forEach((timer) => window.clearTimeout(timer));
    waiting.clear();
  };
  return {
    element: root,
    update() {
      const { store } = context;
      const family = choice.now(context);
      const ended = store.status?.state === "ended" || store.player !== null;
      const group = store.insight?.groups.find((one) => (one.model ?? ALL) === family);
      const offered = (group?.narrowings ?? []).filter((one) => ended || wouldCut(one, store.parameters.get(one.label)));
      const now = JSON.stringify([offered, family, ended, store.revision.parameter]);
      if (now === drawn) return;
      drawn = now;
      stop();
      setShown(root, offered.length > 0);
      setShown(code, ended);
      const had = list.contains(document.activeElement);
      list.replaceChildren(...offered.map((one) => item(one, store.parameters.get(one.label), family, ended)));
      if (had) (list.querySelector<HTMLElement>("button") ?? root.parentElement)?.focus();
      field.value = offered.map((one) => one.code).join("\n");
      field.rows = Math.max(1, Math.min(10, offered.length)) + 1;
    },
    close: stop,
  };
}

/** Send what a slider or the checkboxes would: within what is searched now. */
function send(context: Context, one: ProposedNarrowing, row: ParameterRow): void {
  if (one.low === null || one.high === null) {
    const now = new Set(row.options.map((option) => JSON.stringify(option)));
    context.send({ kind: "choose", label: one.label, options: one.options.filter((option) => now.has(JSON.stringify(option))) });
  } else {
    context.send({ kind: "narrow", label: one.label, low: Math.max(one.low, row.low ?? one.low), high: Math.min(one.high, row.high ?? one.high) });
  }
}

/** Whether a proposal takes anything away from what is searched now, and leaves something. */
function wouldCut(one: ProposedNarrowing, row: ParameterRow | undefined): boolean {
  if (row === undefined) return false;
  if (one.low === null || one.high === null) {
    const kept = new Set(one.options.map((option) => JSON.stringify(option)));
    const left = row.options.filter((option) => kept.has(JSON.stringify(option))).length;
    return left > 0 && left < row.options.length;
  }
  const [low, high] = [row.low ?? one.low, row.high ?? one.high];
  return Math.max(low, one.low) <= Math.min(high, one.high) && (one.low > low || one.high < high);
}

function rangeOf(one: ProposedNarrowing): string {
  if (one.low === null || one.high === null) return one.options.map(format.value).join(", ");
  return `${format.number(one.low)} to ${format.number(one.high)}`;
}

function listed(names: string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
