// What stands under the tabs: the newest warning or change of the space. All the others are in the log.
import type { Context, Part } from "./context";
import { element, setShown, setText } from "./dom";

export function makeNewest(context: Context): Part {
  const root = element("p", { class: "am-note", hidden: true });
  let drawn = -1;
  return {
    element: root,
    update() {
      const { store } = context;
      if (store.revision.note === drawn) return;
      drawn = store.revision.note;
      const told = [...store.notes.values()].filter((note) => note.level === "warning" || note.who !== null);
      const last = told.sort((a, b) => a.at - b.at || a.id - b.id).pop();
      setShown(root, last !== undefined);
      if (last === undefined) return;
      const when = last.who !== null && last.trial >= 0 ? ` (after trial ${last.trial})` : "";
      setText(root, `${last.level === "warning" ? "Note: " : ""}${last.text}${when}`);
      root.classList.toggle("am-warning", last.level === "warning");
    },
  };
}
