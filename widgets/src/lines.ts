// The lines of the parallel coordinates on a canvas: some of them each frame, so that nothing stalls.
// A canvas puts off its work until the frame ends, so that a clock within the frame does not see it: how many lines a
// frame can take is learnt from how long the frames before took.

const QUOTA = { least: 25, first: 40, most: 200 };
const [LATE, EARLY] = [24, 18]; // ms between two frames

export interface Line {
  /** The height of each point in px; NaN where the parameter does not count. */
  heights: Float32Array;
  colour: string;
  alpha: number;
}

export interface Layer {
  canvas: HTMLCanvasElement;
  resize(width: number, height: number): void;
  /** Draw these lines and no others, each under those before it: what is best comes first, also where time is short. */
  draw(xs: number[], lines: Line[]): void;
  /** Draw these on top of what is there. */
  add(xs: number[], lines: Line[]): void;
  /** Whether lines are still to be drawn. */
  busy(): boolean;
  close(): void;
}

export function makeLayer(): Layer {
  const canvas = document.createElement("canvas");
  let context: CanvasRenderingContext2D | null = null;
  let frame = 0;
  let before = 0;
  let quota = QUOTA.first;
  let queue: { xs: number[]; lines: Line[]; at: number; under: boolean }[] = [];

  const work = (now: number) => {
    quota = nextQuota(quota, now - before);
    before = now;
    for (let left = quota; queue.length && left > 0; ) {
      const job = queue[0]!;
      if (context) context.globalCompositeOperation = job.under ? "destination-over" : "source-over";
      const stop = Math.min(job.lines.length, job.at + left);
      left -= stop - job.at;
      for (; job.at < stop; job.at += 1) if (context) stroke(context, job.xs, job.lines[job.at]!);
      if (job.at >= job.lines.length) queue.shift();
    }
    frame = queue.length ? requestAnimationFrame(work) : 0;
  };
  const put = (xs: number[], lines: Line[], under: boolean) => {
    if (lines.length) queue.push({ xs, lines, at: 0, under });
    if (frame === 0) frame = requestAnimationFrame(work);
  };
  return {
    canvas,
    resize(width, height) {
      const ratio = window.devicePixelRatio || 1;
      context ??= canvas.getContext("2d");
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      context?.setTransform(ratio, 0, 0, ratio, 0, 0);
    },
    draw(xs, lines) {
      queue = [];
      context?.clearRect(0, 0, canvas.width, canvas.height);
      put(xs, lines, true);
    },
    add: (xs, lines) => put(xs, lines, false),
    busy: () => queue.length > 0,
    close: () => cancelAnimationFrame(frame),
  };
}

/** Return how many lines the next frame draws, after `gap` ms since the last one. */
export function nextQuota(quota: number, gap: number): number {
  if (gap > 10 * LATE) return quota; // nothing was drawn in between
  if (gap > LATE) return Math.max(QUOTA.least, Math.round(quota * 0.6));
  return gap < EARLY ? Math.min(QUOTA.most, Math.round(quota * 1.25)) : quota;
}

function stroke(context: CanvasRenderingContext2D, xs: number[], line: Line): void {
  context.globalAlpha = line.alpha;
  context.strokeStyle = line.colour;
  context.lineWidth = 1.2;
  context.lineJoin = "round";
  context.beginPath();
  for (let at = 0; at < xs.length; at += 1) {
    if (at === 0) context.moveTo(xs[0]!, line.heights[0]!);
    else context.lineTo(xs[at]!, line.heights[at]!);
  }
  context.stroke();
}

/** Return how far a point is from a line, in px up or down; Infinity beside it. */
export function distance(xs: number[], heights: Float32Array, x: number, y: number): number {
  for (let at = 1; at < xs.length; at += 1) {
    if (x < xs[at - 1]! || x > xs[at]!) continue;
    const share = (x - xs[at - 1]!) / (xs[at]! - xs[at - 1]! || 1);
    return Math.abs(heights[at - 1]! + share * (heights[at]! - heights[at - 1]!) - y);
  }
  return Infinity;
}
