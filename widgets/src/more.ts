// What stands under the tabs: the newest note, and under "More" what the run is and all its notes.
import type { Context, Part } from "./context";
import { element, setShown, setText } from "./dom";
import type { NoteRow } from "./protocol";

export function makeMore(context: Context): Part {
  const newest = element("p", { class: "am-note", hidden: true });
  const facts = element("dl", { class: "am-about" });
  const notes = element("ul", { class: "am-notes" });
  const root = element("div", { class: "am-more" }, newest, element("details", {}, element("summary", {}, "More"), facts, notes));
  let drawn = "";
  return {
    element: root,
    update() {
      const { store } = context;
      const now = [store.revision.about, store.revision.note].join();
      if (now === drawn) return;
      drawn = now;
      const all = [...store.notes.values()].sort((a, b) => a.trial - b.trial || a.id - b.id);
      const last = all.filter((note) => note.level === "warning" || note.who !== null).pop();
      setShown(newest, last !== undefined);
      if (last) setText(newest, said(last));
      newest.classList.toggle("am-warning", last?.level === "warning");
      const about = store.about;
      const pairs = about === null ? [] : [["Task", about.task], ["Search", about.searcher], ["Repeatable", about.repeatable], ["Run", about.run]];
      facts.replaceChildren(...pairs.filter(([, text]) => text).map(([name, text]) => pair(name!, text!)));
      notes.replaceChildren(...all.map((note) => element("li", { class: note.level === "warning" ? "am-warning" : null }, said(note))));
    },
  };
}

function said(note: NoteRow): string {
  const when = note.trial < 0 ? "" : ` (after trial ${note.trial})`;
  return `${note.level === "warning" ? "Note: " : ""}${note.text}${note.who === null ? "" : when}`;
}

function pair(name: string, text: string): HTMLElement {
  return element("div", {}, element("dt", {}, name), element("dd", {}, text));
}
