// The Space tab: the parameters by family, to be narrowed while the search runs.
import type { Context, Part } from "./context";
import { element, setShown, setText } from "./dom";
import * as format from "./format";
import { glyph } from "./marks";
import { isNarrowed, makeParameter, type ParameterView } from "./parameter";
import type { ParameterRow } from "./protocol";

const FEW = 12; // with so few parameters every group is open at first

interface Group {
  element: HTMLDetailsElement;
  update(rows: ParameterRow[], searched: boolean): void;
}

export function makeSpace(context: Context): Part {
  const hint = element("p", { class: "am-hint am-space-hint" });
  const groups = element("div", { class: "am-groups" });
  const root = element("div", { class: "am-space" }, hint, groups);
  const views = new Map<string, ParameterView>();
  const byModel = new Map<string | null, Group>();
  let drawn = "";

  const forget = (label: string, view: ParameterView) => {
    view.close();
    view.element.remove();
    views.delete(label);
  };
  const update = () => {
    const { store } = context;
    const ended = store.status?.state === "ended";
    const now = `${store.revision.parameter} ${ended}`;
    if (now === drawn) return;
    drawn = now;
    for (const [label, view] of views) if (!store.parameters.has(label)) forget(label, view);
    const rows = [...store.parameters.values()].sort((a, b) => a.order - b.order);
    setText(hint, hintOf(rows, ended));
    const families = new Set(store.parameters.get("model")?.options.map(String) ?? []);
    for (const [model, own] of grouped(rows)) {
      const group = byModel.get(model) ?? makeGroup(model, context, rows.length <= FEW || model === null);
      if (!byModel.has(model)) groups.append(group.element);
      byModel.set(model, group);
      group.update(own, model === null || families.size === 0 || families.has(model));
      for (const row of own) {
        const view = views.get(row.label) ?? makeParameter(row, context);
        if (!views.has(row.label)) group.element.append(view.element);
        views.set(row.label, view);
        view.show(row, ended);
      }
    }
  };
  return { element: root, update, close: () => views.forEach((view) => view.close()) };
}

function grouped(rows: ParameterRow[]): Map<string | null, ParameterRow[]> {
  const groups = new Map<string | null, ParameterRow[]>();
  for (const row of rows) groups.set(row.model, [...(groups.get(row.model) ?? []), row]);
  const common = groups.get(null);
  groups.delete(null);
  return new Map([...(common ? ([[null, common]] as const) : []), ...groups]);
}

function makeGroup(model: string | null, context: Context, open: boolean): Group {
  const name = element("span", { class: "am-group-name" }, model ?? "All pipelines");
  const count = element("span", { class: "am-muted" });
  const summary = element("summary", {}, name, count);
  const family = model === null ? -1 : context.store.families().indexOf(model);
  if (family >= 0) summary.prepend(glyph(family));
  const root = element("details", { class: "am-group", open }, summary);
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

function hintOf(rows: ParameterRow[], ended: boolean): string {
  if (rows.length === 0) return "The space is on its way.";
  const narrowed = rows.filter(isNarrowed).length;
  const size = `${format.counted(rows.length, "parameter")}, ${narrowed || "none"} narrowed.`;
  return ended ? `${size} The run has ended.` : `${size} What you change here guides the trials from now on.`;
}
