// The bar of a recording: play or pause, a slider over the run's time, the speed, and the end. A live run has none.
import type { Context, Part } from "./context";
import { element, setShown, setText } from "./dom";
import * as format from "./format";
import type { PlayerRow } from "./protocol";

const STEPS = 1000; // of the slider
const SPEEDS = [1, 2, 5, 10, 20, 50, 100, 200, 500];
const BETWEEN = 80; // ms between two wishes while the slider is dragged
const HELD = 700; // ms that the slider stays where a hand put it, until the kernel has followed

export function makePlayer(context: Context): Part {
  const play = element("button", { type: "button", class: "am-play" });
  const slider = element("input", { type: "range", min: 0, max: STEPS, step: 1, value: 0, "aria-label": "Time in the recording" });
  const time = element("span", { class: "am-player-time" });
  const speed = element("select", { "aria-label": "Speed" });
  const stop = element("button", { type: "button", class: "am-stop" }, "Stop");
  const label = element("label", { class: "am-speed" }, "Speed ", speed);
  const root = element("div", { class: "am-player", role: "group", "aria-label": "Recording", hidden: true }, play, slider, time, label, stop);
  speed.setAttribute("data-lm-suppress-shortcuts", "true");
  let held = 0; // when a hand last moved the slider
  let waiting: number | null = null;
  let stopped = false;

  const row = () => context.store.player;
  const seek = (position: number) => context.send({ kind: "seek", position });
  const told = (position: number, player: PlayerRow) => {
    setText(time, `${format.duration(position)} of ${format.duration(player.length)}`);
    slider.setAttribute("aria-valuetext", time.textContent!);
  };

  slider.addEventListener("input", () => {
    const player = row();
    if (player === null) return;
    held = Date.now();
    told(positionOf(slider, player), player);
    waiting ??= window.setTimeout(() => {
      waiting = null;
      const now = row();
      if (now !== null) seek(positionOf(slider, now));
    }, BETWEEN);
  });
  slider.addEventListener("keydown", (event) => {
    const player = row();
    const step = { ArrowLeft: -0.01, ArrowDown: -0.01, ArrowRight: 0.01, ArrowUp: 0.01, PageDown: -0.1, PageUp: 0.1 }[event.key];
    if (player === null || step === undefined) return;
    event.preventDefault();
    slider.value = String(Number(slider.value) + STEPS * step);
    slider.dispatchEvent(new Event("input"));
  });
  play.addEventListener("click", () => {
    const player = row();
    if (player !== null) context.send({ kind: player.playing ? "pause" : "continue" });
  });
  stop.addEventListener("click", () => {
    stopped = true;
    context.send({ kind: "stop" });
    update();
  });
  speed.addEventListener("change", () => context.send({ kind: "speed", value: Number(speed.value) }));

  const update = () => {
    const player = row();
    setShown(root, player !== null);
    if (player === null) return;
    setText(play, player.playing ? "Pause" : "Play");
    [play, slider, speed, stop].forEach((control) => (control.disabled = stopped));
    offer(speed, player.speed);
    if (Date.now() - held < HELD) return;
    slider.value = String(Math.round((STEPS * player.position) / (player.length || 1)));
    told(player.position, player);
  };
  return { element: root, update, close: () => window.clearTimeout(waiting ?? undefined) };
}

function positionOf(slider: HTMLInputElement, player: PlayerRow): number {
  return Number(((Number(slider.value) / STEPS) * player.length).toFixed(3));
}

/** Let a list of speeds show the one that counts, also where it is none of the usual ones. */
function offer(list: HTMLSelectElement, speed: number): void {
  const wanted = SPEEDS.includes(speed) ? SPEEDS : [...SPEEDS, speed].sort((a, b) => a - b);
  const drawn = wanted.join();
  if (list.dataset.speeds !== drawn) {
    list.dataset.speeds = drawn;
    list.replaceChildren(...wanted.map((value) => element("option", { value }, `×${format.number(value)}`)));
  }
  if (document.activeElement !== list && list.value !== String(speed)) list.value = String(speed);
}
