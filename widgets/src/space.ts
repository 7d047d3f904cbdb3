// The Space tab, and the space editor: families, parameters by family, rules; to be changed while the search runs.
import type { Context, Part } from "./context";
import { pastOf } from "./dots";
import { element, setShown, setText } from "./dom";
import * as format from "./format";
import { glyph } from "./marks";
import { isNarrowed, makeParameter, type ParameterView } from "./parameter";
import type { ParameterRow, SpaceRow } from "./protocol";
import { makeRules } from "./rules";
import { share } from "./share";

const FEW = 12; // with so few parameters every group is open at first
const BETWEEN = 1000; // ms between two renewals of the past trials
const FAMILY = "model"; // the label of the choice at the top

interface Group {
  element: HTMLDetailsElement;
  update(rows: ParameterRow[], searched: boolean): void;
}

/** It needs rows of parameters and of the space, and a way to send; trials and a status only where there is a run. */
export function makeSpace(context: Context): Part {
  const size = element("p", { class: "am-space-size" });
  const hint = element("p", { class: "am-hint am-space-hint" });
  const undo = element("button", { type: "button", class: "am-small", disabled: true }, "Undo");
  const head = element("div", { class: "am-space-head" }, element("div", {}, size, hint), undo);
  const families = element("div", { class: "am-families" });
  const groups = element("div", { class: "am-groups" });
  const rules = makeRules(context);
  const root = element("div", { class: "am-space" }, head, families, groups, rules.element);
  const views = new Map<string, { view: ParameterView; declared: string }>();
  const byModel = new Map<string | null, Group>();
  let drawn = "";
  let past = { at: 0, of: "" };

  const forget = (label: string, view: ParameterView) => {
    view.close();
    view.element.remove();
    views.delete(label);
  };
  const update = () => {
    const { store } = context;
    const ended = store.status?.state === "ended";
    rules.update();
    const now = [store.revision.parameter, store.revision.space, store.status !== null, ended].join();
    if (now !== drawn) {
      drawn = now;
      draw(ended);
    }
    drawPast(ended);
  };
  const draw = (ended: boolean) => {
    const { store } = context;
    for (const [label, { view, declared }] of views) if (declaredOf(store.parameters.get(label)) !== declared) forget(label, view);
    const rows = [...store.parameters.values()].sort((a, b) => a.order - b.order);
    setText(size, sizeOf(store.space));
    setText(hint, hintOf(rows, store.status !== null, ended));
    undo.disabled = ended || !store.space?.undo;
    const top = store.parameters.get(FAMILY);
    if (top) showView(top, families, ended);
    const searched = new Set(top?.options.map(String) ?? []);
    const byFamily = grouped(rows.filter((row) => row.label !== FAMILY));
    for (const [model, group] of byModel) if (!byFamily.has(model)) group.update([], false);
    for (const [model, own] of byFamily) {
      const group = byModel.get(model) ?? makeGroup(model, context, rows.length <= FEW || model === null, renew);
      if (!byModel.has(model)) groups.append(group.element);
      byModel.set(model, group);
      group.update(own, model === null || searched.size === 0 || searched.has(model));
      for (const row of own) showView(row, group.element, ended);
    }
  };
  const showView = (row: ParameterRow, home: HTMLElement, ended: boolean) => {
    const view = views.get(row.label)?.view ?? makeParameter(row, context);
    if (!views.has(row.label)) home.append(view.element);
    views.set(row.label, { view, declared: declaredOf(row) });
    view.show(row, ended);
  };
  /** Draw the past trials in the groups that are open, once a second at most. */
  const drawPast = (ended: boolean) => {
    const { store } = context;
    const now = [store.revision.trial, store.revision.parameter, ended].join();
    if (now === past.of || (!ended && Date.now() - past.at < BETWEEN)) return;
    past = { at: Date.now(), of: now };
    const found = pastOf(context);
    for (const [model, group] of byModel) {
      if (!group.element.open) continue;
      for (const row of store.parameters.values()) if (row.model === model) views.get(row.label)?.view.showPast(found.get(row.label) ?? []);
    }
  };
  const renew = () => {
    past = { at: 0, of: "" };
    drawPast(context.store.status?.state === "ended");
  };
  undo.addEventListener("click", () => {
    undo.disabled = true;
    context.send({ kind: "undo" });
  });
  return {
    element: root,
    update,
    close() {
      rules.close?.();
      views.forEach(({ view }) => view.close());
    },
  };
}

/** Return what a parameter was declared as: where that changes, it is another one under the same label. */
function declaredOf(row: ParameterRow | undefined): string {
  return row === undefined ? "" : JSON.stringify([row.type, row.log, row.full_low, row.full_high, row.full_options, row.model]);
}

function grouped(rows: ParameterRow[]): Map<string | null, ParameterRow[]> {
  const groups = new Map<string | null, ParameterRow[]>();
  for (const row of rows) groups.set(row.model, [...(groups.get(row.model) ?? []), row]);
  const common = groups.get(null);
  groups.delete(null);
  return new Map([...(common ? ([[null, common]] as const) : []), ...groups]);
}

function makeGroup(model: string | null, context: Context, open: boolean, opened: () => void): Group {
  const name = element("span", { class: "am-group-name" }, model ?? "All pipelines");
  const count = element("span", { class: "am-muted" });
  const summary = element("summary", {}, name, count);
  const family = model === null ? -1 : context.store.families().indexOf(model);
  if (family >= 0) summary.prepend(glyph(family));
  const root = element("details", { class: "am-group", open }, summary);
  root.addEventListener("toggle", () => root.open && opened());
  return {
    element: root,
    update(rows, searched) {
      const narrowed = rows.filter(isNarrowed).length;
      const said = [format.counted(rows.length, "parameter"), narrowed ? `${narrowed} narrowed` : "", searched ? "" : "not searched now"];
      setText(count, said.filter(Boolean).join(", "));
      root.classList.toggle("am-off", !searched);
      setShown(root, rows.length > 0);
    },
  };
}

function sizeOf(space: SpaceRow | null): string {
  if (space === null) return "";
  const cut = space.rules.length === 0 || space.share === null ? "" : `; rules cut off ${share(space.share)}`;
  return `${space.size}${cut}.`;
}

function hintOf(rows: ParameterRow[], hasRun: boolean, ended: boolean): string {
  if (rows.length === 0) return "The space is on its way.";
  const marks = "Marks under a slider are past trials: the higher and stronger, the better.";
  if (!hasRun) return "";
  return ended ? `The run has ended. ${marks}` : `What you change here guides the trials from now on. ${marks}`;
}
