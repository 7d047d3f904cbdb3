// "Edit and run": the selected trial as a form; what is changed in it is tried next.
import type { Context, Part } from "./context";
import { element, sendOnEnter, setShown, setText } from "./dom";
import { allowed, makeField, valueOf, written } from "./fix";
import * as format from "./format";
import type { ParameterRow, Scalar, TrialRow } from "./protocol";

const FAMILY = "model";

interface Entry {
  row: ParameterRow;
  field: HTMLInputElement | HTMLSelectElement;
  first: string;
  value: Scalar;
}

export function makePlant(context: Context): Part {
  const open = element("button", { type: "button", class: "am-small", "aria-expanded": "false" }, "Edit and run");
  const fields = element("div", { class: "am-plant-fields" });
  const send = element("button", { type: "submit", class: "am-primary" }, "Run next");
  const cancel = element("button", { type: "button", class: "am-small" }, "Cancel");
  const said = element("p", { class: "am-answer", role: "status" });
  const form = element("form", { class: "am-plant-form", hidden: true, "aria-label": "Edit and run" }, fields, element("div", { class: "am-plant-buttons" }, send, cancel));
  const root = element("div", { class: "am-plant", hidden: true }, open, form, said);
  let of: number | null = null;
  let entries: Entry[] = [];
  let heard: Set<number> | null = null; // the notes that were there when a point was sent

  const show = (shown: boolean) => {
    setShown(form, shown);
    setShown(open, !shown);
    open.setAttribute("aria-expanded", String(shown));
  };
  const trial = () => (of === null ? undefined : context.store.trials.get(of));
  open.addEventListener("click", () => {
    entries = trial() ? entriesOf(trial()!, context) : [];
    fields.replaceChildren(...entries.map(({ row, field }) => element("label", {}, element("span", {}, format.shortLabel(row.label, trial()!.model)), field)));
    setText(said, "");
    show(true);
    (entries[0]?.field ?? send).focus();
  });
  const close = () => {
    show(false);
    open.focus();
  };
  cancel.addEventListener("click", close);
  sendOnEnter(form);
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const now = trial();
    if (!now) return;
    const wrong = entries.filter(({ row, field, first }) => field.value !== first && valueOf(row, field.value) === undefined);
    entries.forEach(({ field }) => field.removeAttribute("aria-invalid"));
    wrong.forEach(({ field }) => field.setAttribute("aria-invalid", "true"));
    if (wrong.length > 0) {
      wrong[0]!.field.focus();
      return setText(said, `${format.shortLabel(wrong[0]!.row.label, now.model)} takes ${allowed(wrong[0]!.row)}.`);
    }
    heard = new Set(context.store.notes.keys());
    context.send({ kind: "enqueue", config: configOf(now, entries, context) });
    setText(said, "Sent.");
    close();
  });
  return {
    element: root,
    update() {
      const selected = context.selected();
      if (selected !== of) {
        of = selected;
        heard = null;
        setText(said, "");
        show(false);
      }
      const now = trial();
      setShown(root, now !== undefined && !now.hidden && context.store.status?.state !== "ended" && entriesOf(now, context).length > 0);
      if (heard === null) return;
      const answer = [...context.store.notes.values()].find((note) => !heard!.has(note.id) && (note.text.startsWith("Not tried") || note.who !== null));
      if (answer) {
        setText(said, answer.text);
        heard = null;
      }
    },
  };
}

/** Return a field for each parameter of the trial that the space knows. */
function entriesOf(trial: TrialRow, context: Context): Entry[] {
  return Object.entries(trial.params).flatMap(([label, value]) => {
    const row = context.store.parameters.get(label);
    if (row === undefined) return [];
    const field = makeField(row, `${format.shortLabel(label, trial.model)} of the next trial`);
    field.value = written(row, value);
    return [{ row, field, first: field.value, value }];
  });
}

/** Return the configuration in the form; what hangs on an option that was left goes, and takes its default. */
function configOf(trial: TrialRow, entries: Entry[], context: Context): Record<string, Scalar> {
  const left = entries.filter(({ row, field, first }) => row.type === "choice" && field.value !== first).map(({ row }) => `${row.label}.`);
  const config: Record<string, Scalar> = context.store.parameters.has(FAMILY) ? { [FAMILY]: trial.model } : {};
  for (const { row, field, first, value } of entries) {
    if (left.some((stem) => row.label.startsWith(stem))) continue;
    config[row.label] = field.value === first ? value : valueOf(row, field.value)!; // what was not touched stays to the last digit
  }
  return config;
}
