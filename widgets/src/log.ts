// The Log tab: what the run is, and everything that happened in it, the newest first.
import type { Context, Part } from "./context";
import { element, freshId, setShown, setText } from "./dom";
import type { LogKind, LogLine } from "./logLine";
import { logLines } from "./logLines";

const SHOWN = 100;
const MANY = 500; // lines from which the list is renewed once a second only
const BETWEEN = 1000;
const FILTERS: [string, string, LogKind[]][] = [
  ["all", "Everything", ["trial", "failed", "steering", "note"]],
  ["trial", "Trials", ["trial", "failed"]],
  ["failed", "Failed, pruned and stopped trials", ["failed"]],
  ["steering", "What people changed", ["steering"]],
  ["note", "Notes", ["note"]],
];

export function makeLog(context: Context): Part {
  const facts = element("dl", { class: "am-about" });
  const filter = element("select", { class: "am-select", id: freshId("filter") }, ...FILTERS.map(([value, name]) => element("option", { value }, name)));
  const count = element("span", { class: "am-hint" });
  const list = element("ol", { class: "am-log" });
  const scroll = element("div", { class: "am-scroll", tabindex: 0, role: "region", "aria-label": "Log, the newest first" }, list);
  const more = element("button", { type: "button", class: "am-small" });
  const head = element("div", { class: "am-choose" }, element("label", { for: filter.id }, "Show"), filter, count);
  const root = element("div", { class: "am-logbook" }, facts, head, scroll, more);
  const kept = new Map<string, { text: string; element: HTMLElement; select(on: boolean): void }>();
  let shown = SHOWN;
  let followed: number | null = null;
  let drawn = { key: "", about: -1, at: 0, lines: 0 };

  const update = () => {
    const { store } = context;
    if (store.revision.about !== drawn.about) tellAbout();
    const key = [store.revision.trial, store.revision.note, store.status?.state, context.selected(), filter.value, shown].join();
    const soon = drawn.lines > MANY && Date.now() - drawn.at < BETWEEN;
    if (key === drawn.key || soon) return;
    const kinds = FILTERS.find(([value]) => value === filter.value)![2];
    const lines = logLines(store).filter((line) => kinds.includes(line.kind));
    drawn = { ...drawn, key, at: Date.now(), lines: lines.length };
    setText(count, `${lines.length} line${lines.length === 1 ? "" : "s"}`);
    const selected = context.selected();
    const far = selected === null ? [] : lines.slice(shown).filter((line) => line.trial === selected);
    place([...far, ...lines.slice(0, shown)]); // lines of the selected trial are always there, on top where they are old
    if (selected !== followed) reveal();
    followed = selected;
    setShown(more, lines.length > shown);
    setText(more, `Show ${Math.min(SHOWN, lines.length - shown)} more`);
  };
  /** Bring the first line of the selected trial into view, without moving the page. */
  const reveal = () => {
    const first = list.querySelector<HTMLElement>(".am-selected");
    if (first === null) return;
    const top = first.offsetTop - list.offsetTop;
    if (top < scroll.scrollTop || top > scroll.scrollTop + scroll.clientHeight - 40) scroll.scrollTop = Math.max(0, top - 40);
  };
  const tellAbout = () => {
    drawn.about = context.store.revision.about;
    const about = context.store.about;
    const pairs = about === null ? [] : [["Run", about.run], ["Task", about.task], ["Search", about.searcher], ["Repeatable", about.repeatable]];
    facts.replaceChildren(...pairs.filter(([, text]) => text).map(([name, text]) => element("div", {}, element("dt", {}, name!), element("dd", {}, text!))));
  };
  /** Put the lines in the list; a line that is there already stays, so that focus and scroll do. */
  const place = (lines: LogLine[]) => {
    lines.forEach((line, at) => {
      const old = kept.get(line.key);
      const made = old?.text === line.text ? old : makeLine(line, context);
      if (made !== old) old?.element.remove();
      kept.set(line.key, made);
      made.select(line.trial !== null && line.trial === context.selected());
      if (list.children[at] !== made.element) list.insertBefore(made.element, list.children[at] ?? null);
    });
    while (list.children.length > lines.length) list.lastElementChild!.remove();
    if (kept.size > 4 * Math.max(SHOWN, lines.length)) kept.clear();
  };
  const renew = () => {
    drawn.key = "";
    drawn.at = 0;
    update();
  };
  filter.addEventListener("change", () => {
    shown = SHOWN;
    renew();
  });
  more.addEventListener("click", () => {
    shown += SHOWN;
    renew();
  });
  return { element: root, update };
}

function makeLine(line: LogLine, context: Context): { text: string; element: HTMLElement; select(on: boolean): void } {
  const time = element("span", { class: "am-log-time" }, clock(line.at));
  const { trial } = line;
  const said = trial === null ? element("span", {}, line.text) : element("button", { type: "button", class: "am-link" }, line.text);
  if (trial !== null) said.addEventListener("click", () => context.select(trial));
  const made = element("li", { class: `am-log-${line.kind}${line.warning ? " am-warning" : ""}` }, time, said);
  return {
    text: line.text,
    element: made,
    select(on) {
      made.classList.toggle("am-selected", on);
      if (trial !== null) said.setAttribute("aria-pressed", String(on));
    },
  };
}

/** Seconds on the run's clock: "4.2 s", "2:05", "1:02:05". */
export function clock(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
