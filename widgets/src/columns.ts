// The Columns tab: what the score loses when a column is shuffled, as a bar with its interval, the dearest first.
import type { Context, Part } from "./context";
import { breakable, element, freshId, setShown, setText } from "./dom";
import * as format from "./format";
import type { ColumnsRow, ColumnWorth } from "./protocol";

const FIRST = 15; // columns and groups that are shown at first
const LISTED = 4; // columns of a group that are named

export function makeColumns(context: Context): Part {
  const caption = element("p", { class: "am-caption", id: freshId("columns") }, "Which columns the result needs");
  const sentence = element("p", { class: "am-said", role: "status" });
  const head = element("th", { scope: "col" });
  const body = element("tbody", { id: freshId("columns") });
  const heads = [element("th", { scope: "col" }, "Column"), head, element("th", { scope: "col", class: "am-number" }, "Loss"), element("th", { scope: "col", class: "am-number am-wide" }, "95 % interval")];
  const table = element("table", { class: "am-table am-columns", "aria-labelledby": caption.id }, element("thead", {}, element("tr", {}, ...heads)), body);
  const more = element("button", { type: "button", class: "am-small", "aria-controls": body.id, "aria-expanded": false });
  const how = element("p", { class: "am-hint" });
  const scroll = element("div", { class: "am-column-scroll", tabindex: 0, role: "region", "aria-labelledby": caption.id }, table);
  const root = element("div", { class: "am-column-worths" }, caption, sentence, scroll, more, how);
  let drawn = "";
  let all = false;

  const update = () => {
    const { store } = context;
    const found = store.columns;
    const now = [store.revision.columns, store.revision.about, store.status?.state, all].join();
    if (now === drawn) return;
    drawn = now;
    const metric = store.about?.metric ?? "score";
    const leading = found?.values.filter((worth) => !worth.inside) ?? [];
    setText(sentence, saidOf(found, metric, store.status?.state === "ended"));
    for (const part of [scroll, how]) setShown(part, leading.length > 0);
    setShown(more, leading.length > FIRST);
    if (found === null || leading.length === 0) return body.replaceChildren();
    setText(head, `Loss in ${metric} when shuffled`);
    setText(more, all ? `Show the first ${FIRST}` : `and ${leading.length - FIRST} more`);
    more.setAttribute("aria-expanded", String(all));
    setText(how, howOf(found));
    const last = all ? undefined : leading[FIRST];
    const shown = last === undefined ? found.values : found.values.slice(0, found.values.indexOf(last));
    const scale = scaleOf(found.values);
    body.replaceChildren(...shown.map((worth) => line(worth, scale)));
  };
  more.addEventListener("click", () => {
    all = !all;
    update();
  });
  return { element: root, update };
}

function line(worth: ColumnWorth, { place, text }: Scale): HTMLElement {
  const [first, ...others] = shortened(worth.columns);
  const name = element("th", { scope: "row" }, ...others.reduce((nodes, next) => [...nodes, document.createTextNode(" + "), ...breakable(next)], breakable(first!)));
  if (others.length > 0) name.append(element("span", { class: "am-muted" }, " together"));
  if (worth.inside) name.append(element("span", { class: "am-muted" }, " alone"));
  const bar = element("div", { class: "am-worth", "aria-hidden": "true" }, span("am-worth-fill", 0, worth.loss, place));
  if (worth.low !== null && worth.high !== null) bar.append(span("am-worth-whisker", worth.low, worth.high, place));
  const zero = element("div", { class: "am-worth-zero" });
  zero.style.left = `${place(0)}%`;
  bar.append(zero);
  const interval = worth.low === null || worth.high === null ? "–" : `${text(worth.low)} to ${text(worth.high)}`;
  const looks = [worth.inside ? "am-inside" : others.length > 0 ? "am-together" : "", standsOut(worth) ? "" : "am-faint"].filter(Boolean).join(" ");
  return element("tr", { class: looks || null },
    name, element("td", {}, bar), element("td", { class: "am-number" }, text(worth.loss)), element("td", { class: "am-number am-wide am-muted" }, interval));
}

/** Return a strip between two losses. */
function span(name: string, from: number, to: number, place: Scale["place"]): HTMLElement {
  const made = element("div", { class: name });
  const [low, high] = [place(Math.min(from, to)), place(Math.max(from, to))];
  made.style.left = `${low}%`;
  made.style.width = `${high - low}%`;
  return made;
}

interface Scale {
  /** Where a loss lies, in percent of the bar's place; 0 is always on it, and no interval reaches beyond it. */
  place(loss: number): number;
  /** A loss as text: all have the same digits after the point, three that count in the largest. */
  text(loss: number): string;
}

function scaleOf(values: ColumnWorth[]): Scale {
  const low = Math.min(0, ...values.map((worth) => Math.min(worth.loss, worth.low ?? worth.loss)));
  const high = Math.max(0, ...values.map((worth) => Math.max(worth.loss, worth.high ?? worth.loss)));
  const largest = Math.max(...values.map((worth) => Math.abs(worth.loss)));
  const digits = largest > 0 ? Math.min(12, Math.max(0, 2 - Math.floor(Math.log10(largest)))) : 0;
  return {
    place: (loss) => (high > low ? (100 * (loss - low)) / (high - low) : 0),
    text: (loss) => loss.toFixed(digits).replace(/^-(?=.*[1-9])/, "−").replace(/^-/, ""),
  };
}

function standsOut(worth: ColumnWorth): boolean {
  return worth.low === null ? worth.loss > 0 : worth.low > 0;
}

/** Return in words what the table shows, or why there is none. */
export function saidOf(found: ColumnsRow | null, metric: string, ended: boolean): string {
  if (found === null || found.values.length === 0) {
    return ended ? "It was not measured when the search ended: best_run.column_importance(data) measures it." : "It is measured when the search ends, on rows that the models did not see.";
  }
  const dearest = found.values.filter((worth) => !worth.inside && standsOut(worth));
  const first = dearest[0];
  if (first === undefined) return `No column stands out: the ${metric} loses no more than chance when one of them is shuffled.`;
  const second = dearest[1] === undefined ? "" : `, then ${named(dearest[1])} (${format.score(dearest[1].loss)})`;
  return `The result needs ${named(first)} most (${metric} loses ${format.score(first.loss)})${second}. ${format.counted(dearest.reduce((sum, worth) => sum + worth.columns.length, 0), "column")} of ${found.of} cost more than chance when shuffled.`;
}

function named(worth: ColumnWorth): string {
  const names = shortened(worth.columns);
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(", ")} and ${names.at(-1)} together`;
}

/** Return the names of a group's columns, of a large one the first; each has a row of its own, too. */
function shortened(names: string[]): string[] {
  return names.length > LISTED + 1 ? [...names.slice(0, LISTED), `${names.length - LISTED} more`] : names;
}

function howOf(found: ColumnsRow): string {
  const where = `${format.counted(found.folds, "fold")}, ${format.counted(found.repeats, "shuffle")} each, ${format.counted(found.rows, "row")}`;
  return `Permutation importance on rows that the models did not see (${where}). Whiskers are 95 % intervals; a column whose whisker reaches 0 may be worth nothing. Columns that tell nearly the same are shuffled together, too: alone, one stands in for the other.`;
}
