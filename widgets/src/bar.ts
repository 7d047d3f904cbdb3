// The header: what is searched, the buttons, progress with the time left, and the best so far.
import type { Context, Part } from "./context";
import { element, setShown, setText } from "./dom";
import * as format from "./format";
import type { PlainMessage, StatusRow } from "./protocol";
import { isBetter } from "./ranking";

const PATIENCE = 3000; // ms to wait for the kernel before saying how else to stop
const MORE = 30; // seconds that a press adds to the time
const SPOKEN = 5000; // ms between two sentences to a screen reader

export function makeBar(context: Context): Part {
  const title = element("span", { class: "am-title" });
  const about = element("span", { class: "am-muted" });
  const buttons = makeButtons(context);
  const head = element("header", { class: "am-head" }, element("div", { class: "am-name" }, title, about), buttons.element);
  const fill = element("div", { class: "am-fill" });
  const track = element("div", { class: "am-track", role: "progressbar", "aria-label": "Progress", "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
  const facts = element("span", { class: "am-facts" });
  const best = element("span", { class: "am-best-score" });
  const spoken = element("p", { class: "am-spoken", role: "status", "aria-live": "polite" });
  const root = element("div", { class: "am-bar" }, head, track, element("div", { class: "am-under" }, facts, best), spoken);
  const clock = makeClock();
  let told = { at: 0, line: "" };

  const update = () => {
    const { status, about: run } = context.store;
    setText(title, run?.title || run?.run || "Search");
    setText(about, run ? `${run.metric}${run.better === "lower" ? ", lower is better" : ""}` : "");
    buttons.update();
    if (status === null) return setText(facts, "Waiting for the kernel…");
    const elapsed = context.store.player === null ? clock.read(status) : status.elapsed;
    const share = progress(status, elapsed);
    fill.style.width = `${(100 * share).toFixed(1)}%`;
    track.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    track.setAttribute("aria-valuetext", status.line);
    track.dataset.state = status.state;
    setText(facts, factsOf(status, elapsed));
    setText(best, bestOf(context, status));
    if (status.line !== told.line && Date.now() - told.at >= SPOKEN) {
      told = { at: Date.now(), line: status.line };
      setText(spoken, status.line);
    }
  };
  const timer = window.setInterval(() => context.store.status?.state === "running" && update(), 1000);
  return {
    element: root,
    update,
    close() {
      window.clearInterval(timer);
      buttons.close?.();
    },
  };
}

/** Count on between two rows while the run goes; never backwards. */
function makeClock(): { read(status: StatusRow): number } {
  let base = { elapsed: 0, at: 0 };
  let row: StatusRow | null = null;
  return {
    read(status) {
      const running = row !== null && row.state === "running";
      const counted = running ? base.elapsed + (Date.now() - base.at) / 1000 : base.elapsed;
      if (status === row) return counted;
      row = status;
      base = { elapsed: status.state === "ended" ? status.elapsed : Math.max(status.elapsed, counted), at: Date.now() };
      return base.elapsed;
    },
  };
}

/** The trials that need no more time, as far as is known: a paused one may be sent on, but most are not. */
function through(status: StatusRow): number {
  return status.done + status.paused;
}

/** Return how much of its budget the run has used, 0 to 1. */
export function progress(status: StatusRow, elapsed: number): number {
  if (status.state === "ended") return 1;
  const shares = [status.trials ? through(status) / status.trials : 0, status.seconds ? elapsed / status.seconds : 0];
  return Math.min(1, Math.max(...shares));
}

/** Return trials, time left and what went wrong, in words. */
export function factsOf(status: StatusRow, elapsed: number): string {
  const trials = status.trials ? `${status.done} of ${format.counted(status.trials, "trial")}` : format.counted(status.done, "trial");
  const parts = [trials, timeOf(status, elapsed)];
  if (status.paused) parts.push(`${format.counted(status.paused, "trial")} paused`);
  if (status.pruned) parts.push(`${status.pruned} pruned`);
  if (status.failed) parts.push(`${status.failed} failed`);
  return parts.filter(Boolean).join(" · ");
}

function timeOf(status: StatusRow, elapsed: number): string {
  if (status.state === "ended") return `ended after ${format.duration(elapsed)}`;
  if (status.state === "stopping") return "stopping…";
  if (status.state === "starting") return "starting…";
  const paused = status.state === "paused" ? "paused, " : "";
  if (status.seconds) return `${paused}${format.duration(status.seconds - elapsed)} left`;
  const made = through(status);
  if (status.trials && made >= 3) {
    return `${paused}about ${format.duration((elapsed / made) * Math.max(0, status.trials - made))} left`;
  }
  return `${paused}${format.duration(elapsed)}`;
}

function bestOf(context: Context, status: StatusRow): string {
  const { about, trials } = context.store;
  const trial = status.best === null ? undefined : trials.get(status.best);
  if (!trial || trial.score === null || !about) return "";
  const gain = about.baseline === null ? 0 : Math.abs(trial.score - about.baseline);
  const ahead = about.baseline !== null && isBetter(trial.score, about.baseline, about.better);
  const beside = ahead ? `, ${format.score(gain)} better than the baseline` : "";
  const family = trial.model === "model" ? "" : ` with ${trial.model}`; // what a function is searched for has no family
  return `Best ${about.metric} ${format.score(trial.score)}${family}${beside}`;
}

function makeButtons(context: Context): Part {
  const pause = element("button", { type: "button" }, "Pause");
  const skip = element("button", { type: "button" }, "Skip trial");
  const more = element("button", { type: "button", "aria-label": `+${MORE} s of time`, hidden: true }, `+${MORE} s`);
  const stop = element("button", { type: "button", class: "am-stop" }, "Stop");
  const hint = element("span", { class: "am-answer", role: "status", hidden: true });
  const root = element("div", { class: "am-actions", role: "group", "aria-label": "Steer the run" }, hint, more, pause, skip, stop);
  const asked = { pause: false, stop: false, from: "" };
  const timers = new Set<number>();

  const update = () => {
    setShown(root, context.store.player === null); // a recording has buttons of its own
    const state = context.store.status?.state ?? "starting";
    if (state !== asked.from) asked.pause = false;
    const ended = state === "ended";
    const stopping = !ended && (asked.stop || state === "stopping");
    if (ended || state === "stopping" || (!asked.stop && !asked.pause)) setShown(hint, false);
    setText(pause, state === "paused" ? "Continue" : "Pause");
    setText(stop, stopping ? "Stopping…" : "Stop");
    pause.disabled = ended || stopping || asked.pause || state === "starting";
    skip.disabled = ended || stopping || state === "paused" || !context.store.status?.running;
    stop.disabled = ended || stopping;
    setShown(more, Boolean(context.store.status?.seconds));
    more.disabled = ended || stopping;
  };
  const ask = (what: "pause" | "stop", kind: PlainMessage["kind"], unheard: string) => {
    asked[what] = true;
    asked.from = context.store.status?.state ?? "starting";
    context.send({ kind });
    update();
    const timer = window.setTimeout(() => {
      timers.delete(timer);
      if (!asked[what] || context.store.status?.state !== asked.from) return;
      asked.pause = false;
      update();
      setText(hint, unheard);
      setShown(hint, true);
    }, PATIENCE);
    timers.add(timer);
  };
  pause.addEventListener("click", () => {
    const paused = context.store.status?.state === "paused";
    ask("pause", paused ? "continue" : "pause", "The kernel has not answered.");
  });
  stop.addEventListener("click", () => ask("stop", "stop", "No answer yet: use ■ to stop."));
  skip.addEventListener("click", () => context.send({ kind: "skip", trial: null }));
  more.addEventListener("click", () => context.send({ kind: "add_time", seconds: MORE }));
  return { element: root, update, close: () => timers.forEach((timer) => window.clearTimeout(timer)) };
}
