// The network of the selected trial, or of the best, as blocks from top to bottom.
import { makeBehind } from "./behind";
import { layOut, TALL, type Blocks, type Placed } from "./blocks";
import type { Context, Part } from "./context";
import { element, freshId, setShown, setText, svg } from "./dom";
import { picture, text } from "./drawing";
import * as format from "./format";
import { glyph } from "./marks";
import type { NetworkBox, NetworkRow, TrialRow } from "./protocol";

const ASK_AGAIN = 3000; // ms after which an unanswered question is repeated
const SHORT_FROM = 10_000; // parameters from which on their number is told in short
const LETTER = 5.8; // px of a letter in the words beside a block

export function makeDiagram(context: Context): Part {
  const { store } = context;
  const caption = element("p", { class: "am-caption", id: freshId("network") }, "The best network");
  const said = element("p", { class: "am-said", role: "status" });
  const hint = element("p", { class: "am-hint" }, "Blocks are as wide as they have units or channels; filled ones have parameters.");
  const scroll = element("div", { class: "am-blocks", tabindex: 0, role: "region", "aria-labelledby": caption.id });
  const empty = element("p", { class: "am-empty" });
  const behind = makeBehind(
    context, "Blocks of the network",
    () => [{ text: "block" }, { text: "gives", isNumber: true }, { text: "parameters", isNumber: true }, { text: "multiply-adds", isNumber: true }, { text: "in words" }],
    () => (shown()?.boxes ?? []).map((box) => ({ name: box.id, cells: [shapeOf(box), format.count(box.parameters), format.count(box.multiply_adds), box.text] })),
    () => `${shown()?.trial} ${store.revision.network}`,
  );
  const root = element("section", { class: "am-diagram", "aria-labelledby": caption.id }, caption, said, empty, scroll, hint, behind.element);
  let asked = { trial: -1, at: 0 };
  let drawn: NetworkRow | undefined | null = null;
  let captioned = "";

  const trialShown = (): TrialRow | undefined => {
    const [selected, best] = [context.selected(), store.status?.best ?? null];
    return [selected, best].flatMap((id) => (id === null ? [] : (store.trials.get(id) ?? []))).find(({ id, hidden }) => id >= 0 && !hidden);
  };
  const shown = () => {
    const trial = trialShown();
    return trial === undefined ? undefined : store.networks.get(trial.id);
  };
  const ask = (trial: TrialRow) => {
    if (store.networks.has(trial.id) || (asked.trial === trial.id && Date.now() - asked.at < ASK_AGAIN)) return;
    asked = { trial: trial.id, at: Date.now() };
    context.send({ kind: "network", trial: trial.id });
  };
  const title = (trial: TrialRow | undefined) => {
    const is = trial === undefined ? "" : trial.id !== context.selected() ? "the best so far" : trial.id === store.status?.best ? "selected, the best so far" : "selected";
    const now = JSON.stringify([trial?.id, trial?.model, is, store.families()]);
    if (now === captioned) return;
    captioned = now;
    if (trial === undefined) setText(caption, "The best network");
    else caption.replaceChildren(glyph(store.families().indexOf(trial.model)), ` ${format.trialName(trial)} (${is})`);
  };
  const update = () => {
    const trial = trialShown();
    title(trial);
    if (trial !== undefined) ask(trial);
    const row = shown();
    const isDrawn = row !== undefined && row.boxes.length > 0;
    setText(empty, trial === undefined ? "No network is done yet. Select one to see its blocks." : row === undefined ? "Its blocks are on their way." : "Its blocks are not in the record.");
    setShown(empty, !isDrawn);
    for (const part of [scroll, hint, behind.element]) setShown(part, isDrawn);
    setText(said, row?.title ?? "");
    behind.update();
    if (row === drawn) return;
    drawn = row;
    scroll.replaceChildren(...(isDrawn ? [paint(row) as unknown as Node] : []));
    scroll.scrollTop = 0;
  };
  return { element: root, update };
}

function paint(row: NetworkRow): SVGElement {
  const blocks = layOut(row.boxes, row.arcs);
  const words = Math.max(...row.boxes.flatMap((box) => [box.label, givesOf(box)]).map((line) => line.length));
  const root = picture(Math.ceil(blocks.words + words * LETTER + 8), blocks.height, summaryOf(row, blocks), "am-svg");
  const marker = freshId("arrow");
  root.append(svg("defs", {}, svg("marker", { id: marker, viewBox: "0 0 8 8", refX: 6, refY: 4, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto" }, svg("path", { class: "am-arrow", d: "M0 0L8 4L0 8Z" }))));
  for (const edge of blocks.edges) root.append(svg("path", { class: edge.isLong ? "am-edge am-edge-long" : "am-edge", d: edge.path, "marker-end": `url(#${marker})` }));
  for (const edge of blocks.edges) if (edge.arc.label) root.append(text(edge.x, edge.y, edge.arc.label, edge.isLong ? "middle" : "start", "am-edge-label"));
  for (const one of blocks.boxes) root.append(...paintBlock(one, blocks.words));
  return root;
}

function paintBlock({ box, x, y, width }: Placed, words: number): SVGElement[] {
  const block = svg("rect", { class: box.parameters > 0 ? "am-block am-block-learns" : "am-block", x: x.toFixed(1), y, width: width.toFixed(1), height: TALL, rx: 5 });
  const units = box.width === null ? [] : [text(x + width / 2, y + TALL / 2 + 4, format.compact(box.width), "middle", "am-block-units")];
  return [block, ...units, text(words, y + 13, box.label, "start", "am-svg-name"), text(words, y + 27, givesOf(box), "start")];
}

/** Return what a block gives on, and how many parameters it has. */
function givesOf(box: NetworkBox): string {
  const learned = box.parameters > 0 ? `${(box.parameters < SHORT_FROM ? format.count : format.compact)(box.parameters)} parameters` : "";
  return [shapeOf(box), learned].filter(Boolean).join(" · ");
}

function shapeOf(box: NetworkBox): string {
  return box.shape.join(" × ");
}

/** Return the picture in a sentence; each block in words stands in the table behind it. */
function summaryOf(row: NetworkRow, blocks: Blocks): string {
  const skips = blocks.edges.filter(({ isLong }) => isLong).length;
  const parameters = row.boxes.reduce((sum, box) => sum + box.parameters, 0);
  return `${format.counted(row.boxes.length, "block")} from ${row.boxes[0]!.label} to ${row.boxes.at(-1)!.label}, ${format.counted(skips, "connection")} past others, ${format.count(parameters)} parameters.`;
}
