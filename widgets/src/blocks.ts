// Where the blocks of a network lie when it is drawn from top to bottom, and how its connections run. No picture here.
import type { NetworkArc, NetworkBox } from "./protocol";

export const PITCH = 54; // px from one block to the next
export const TALL = 30; // px of a block
const [NARROW, WIDE] = [30, 96]; // px of the narrowest and the widest block
const LANE = 22; // px between two connections beside the blocks
const LETTER = 6.3; // px of a letter on a connection
const EDGE = 8; // px around all of it
const PORT = 5; // px between two connections that leave or reach one block

export interface Placed {
  box: NetworkBox;
  x: number;
  y: number;
  width: number;
}

export interface Edge {
  arc: NetworkArc;
  path: string;
  /** Where its label stands. */
  x: number;
  y: number;
  /** Whether it passes by other blocks. */
  isLong: boolean;
}

export interface Blocks {
  boxes: Placed[];
  edges: Edge[];
  /** Where words beside the blocks begin. */
  words: number;
  height: number;
}

/** Return the connections that are told, those between the same two blocks as one; where none is told, one from each block to the next. */
export function arcsOf(boxes: NetworkBox[], told: NetworkArc[]): NetworkArc[] {
  const place = new Map(boxes.map(({ id }, at) => [id, at]));
  const merged = new Map<string, NetworkArc>();
  for (const arc of told) {
    if (!place.has(arc.from) || !place.has(arc.to) || place.get(arc.from)! >= place.get(arc.to)!) continue;
    const key = JSON.stringify([arc.from, arc.to]);
    const label = [merged.get(key)?.label, arc.label].filter(Boolean).join(" + ");
    merged.set(key, { ...arc, label });
  }
  const known = [...merged.values()];
  return known.length > 0 ? known : boxes.slice(1).map(({ id }, at) => ({ from: boxes[at]!.id, to: id, label: "" }));
}

/** Return where everything lies: blocks under each other, as wide as they have units or channels; skips run on the left. */
export function layOut(boxes: NetworkBox[], told: NetworkArc[]): Blocks {
  const place = new Map(boxes.map(({ id }, at) => [id, at]));
  const spans = arcsOf(boxes, told).map((arc) => ({ arc, from: place.get(arc.from)!, to: place.get(arc.to)! }));
  const long = spans.filter(({ from, to }) => to - from > 1).sort((a, b) => a.to - a.from - (b.to - b.from) || a.from - b.from);
  const lanes = lanesOf(long);
  const used = Math.max(0, ...[...lanes.values()].map((lane) => lane + 1));
  const beside = (lane: (at: number) => number) => Math.max(8, ...long.map(({ arc }) => (arc.label.length * LETTER) / 2 - LANE * lane(lanes.get(arc)!)));
  const left = beside((lane) => used - 1 - lane);
  const room = used === 0 ? 0 : left + (used - 1) * LANE + beside((lane) => lane) + 8;
  const middle = EDGE + room + WIDE / 2;
  const most = Math.max(2, ...boxes.map(({ width }) => width ?? 0));
  const placed = boxes.map((box, at) => {
    const width = widthOf(box.width, most);
    return { box, x: middle - width / 2, y: EDGE + at * PITCH, width };
  });
  const edges = spans.map(({ arc, from, to }): Edge => {
    const [start, end] = [placed[from]!, placed[to]!];
    if (to - from === 1) {
      const [top, bottom] = [start.y + TALL, end.y - 3];
      return { arc, path: `M${middle} ${top}V${bottom}`, x: middle + 7, y: (top + bottom) / 2 + 4, isLong: false };
    }
    const x = EDGE + left + (used - 1 - lanes.get(arc)!) * LANE;
    const outer = (other: { arc: NetworkArc }) => lanes.get(other.arc)! > lanes.get(arc)!; // it has the port beyond ours, so that they do not cross
    const port = (others: typeof long) => Math.min(2, others.filter(outer).length) * PORT;
    const top = start.y + TALL / 2 + 2 + port(long.filter((other) => other.from === from));
    const bottom = end.y + TALL / 2 - 2 - port(long.filter((other) => other.to === to));
    const path = `M${start.x} ${top}H${x + 8}Q${x} ${top} ${x} ${top + 8}V${bottom - 8}Q${x} ${bottom} ${x + 8} ${bottom}H${end.x - 3}`;
    const besides = (to - from) % 2 === 0 ? -PITCH / 5 : 0; // not where another connection reaches the block in the middle
    return { arc, path, x, y: (top + bottom) / 2 + 4 + besides, isLong: true };
  });
  return { boxes: placed, edges, words: middle + WIDE / 2 + 14, height: 2 * EDGE + Math.max(0, boxes.length - 1) * PITCH + TALL };
}

/** Return the width of a block: logarithmic, since channels double; null is as wide as can be told apart from none. */
function widthOf(units: number | null, most: number): number {
  if (units === null || units < 1) return NARROW + (WIDE - NARROW) / 2;
  return NARROW + ((WIDE - NARROW) * Math.log(units + 1)) / Math.log(most + 1);
}

/** Return a lane for each connection, so that no two that pass by the same block lie on each other. */
function lanesOf(spans: { arc: NetworkArc; from: number; to: number }[]): Map<NetworkArc, number> {
  const taken: { from: number; to: number }[][] = [];
  const lanes = new Map<NetworkArc, number>();
  for (const span of spans) {
    let lane = taken.findIndex((others) => others.every((other) => span.to <= other.from || span.from >= other.to));
    if (lane < 0) lane = taken.push([]) - 1;
    taken[lane]!.push(span);
    lanes.set(span.arc, lane);
  }
  return lanes;
}
