// The head of the panel: what is searched, how far it is, and the buttons.
import { clock, make, setText } from "./format";
import type { Message } from "./protocol";
import type { Store } from "./store";

const DEAF = 3000; // milliseconds after which a kernel that does not answer gets "use ■"
const SPOKEN = 5000; // milliseconds between two announcements to screen readers

export function bar(store: Store, say: (message: Message) => void): { root: HTMLElement; update: () => void; stop: () => void } {
  const title = make("span", { class: "am-title" });
  const about = make("span", { class: "am-about" });
  const pause = make("button", { type: "button", class: "am-button" }, "Pause");
  const skip = make("button", { type: "button", class: "am-button", title: "End the oldest running trial" }, "Skip");
  const stop = make("button", { type: "button", class: "am-button am-stop", title: "End the search and keep the best" }, "Stop");
  const fill = make("div", { class: "am-fill" });
  const progress = make("div", { class: "am-progress", role: "progressbar", "aria-label": "Progress of the search", "aria-valuemin": "0", "aria-valuemax": "100" }, fill);
  const counts = make("span", { class: "am-counts" });
  const left = make("span", { class: "am-left" });
  const hint = make("div", { class: "am-hint", role: "status" });
  const spoken = make("div", { class: "am-spoken", "aria-live": "polite" });
  const buttons = make("div", { class: "am-buttons" }, pause, skip, stop);
  const root = make("header", { class: "am-bar" },
    make("div", { class: "am-heading" }, make("div", { class: "am-names" }, title, about), buttons),
    progress, make("div", { class: "am-under" }, counts, left), hint, spoken);
  let timer: number | undefined;
  let spokenAt = 0;

  pause.addEventListener("click", () => say({ kind: store.status?.state === "paused" ? "continue" : "pause" }));
  skip.addEventListener("click", () => say({ kind: "skip", trial: null }));
  stop.addEventListener("click", () => {
    say({ kind: "stop" });
    stop.disabled = true;
    setText(stop, "Stopping…");
    timer = window.setTimeout(() => setText(hint, "The kernel does not hear the button while the cell runs: use ■ in the toolbar to stop. The best is kept."), DEAF);
  });

  function update(): void {
    const status = store.status;
    setText(title, store.about ? store.about.title : "AutoML");
    setText(about, store.about ? `${store.about.metric}${store.about.better === "lower" ? " (lower is better)" : ""} · ${store.about.searcher}` : "");
    if (!status) return;
    const over = status.state === "ended";
    const byTime = status.seconds !== null ? status.elapsed / status.seconds : 0;
    const byTrials = status.trials !== null ? status.done / status.trials : 0;
    const share = over ? 1 : Math.min(1, Math.max(byTime, byTrials));
    fill.style.width = `${(100 * share).toFixed(1)}%`;
    progress.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    const of = status.trials !== null ? ` of ${status.trials}` : "";
    const parts = [`${status.done}${of} trials`, status.running ? `${status.running} running` : "", status.pruned ? `${status.pruned} pruned` : "", status.failed ? `${status.failed} failed` : ""];
    setText(counts, parts.filter(Boolean).join(" · "));
    setText(left, over ? "ended" : status.state === "paused" ? "paused" : status.seconds !== null ? `${clock(status.seconds - status.elapsed)} left` : clock(status.elapsed));
    setText(pause, status.state === "paused" ? "Continue" : "Pause");
    pause.disabled = skip.disabled = over || status.state === "stopping";
    if (over || status.state === "stopping") {
      window.clearTimeout(timer);
      setText(hint, "");
      stop.disabled = true;
      setText(stop, over ? "Stop" : "Stopping…");
    }
    root.classList.toggle("am-over", over);
    const now = Date.now();
    if (over || now - spokenAt >= SPOKEN) {
      spokenAt = now;
      setText(spoken, status.line);
    }
  }
  return { root, update, stop: () => window.clearTimeout(timer) };
}
