// Families of models by colour and shape, as outlines that canvas and SVG both draw. `notebook/charts.py` has the same.
import { svg } from "./dom";

export const COLOURS = 10;
export const ENSEMBLE = "ensemble"; // the origin of a mean of several trials, made when the run ended
export const YOU = "you"; // the origin of what the person set by hand
export const MEAN = -1; // the place of an ensemble, which has a mark of its own

type Point = readonly [number, number];

const CIRCLE = "circle";

/** Return the corners of a regular polygon or star on the unit circle, the first at `turn` degrees. */
function ring(corners: number, turn: number, inner = 1): Point[] {
  const count = inner === 1 ? corners : corners * 2;
  return Array.from({ length: count }, (_, place) => {
    const radius = inner !== 1 && place % 2 ? inner : 1;
    const angle = ((turn + (360 * place) / count) * Math.PI) / 180;
    return [radius * Math.cos(angle), radius * Math.sin(angle)] as const;
  });
}

const SHAPES: (typeof CIRCLE | Point[])[] = [
  CIRCLE,
  ring(4, 45).map(([x, y]) => [x * 1.2, y * 1.2] as const),
  ring(3, -90).map(([x, y]) => [x * 1.25, y * 1.25] as const),
  ring(4, 0).map(([x, y]) => [x * 1.25, y * 1.25] as const),
  ring(3, 90).map(([x, y]) => [x * 1.25, y * 1.25] as const),
  ring(4, 45, 0.4).map(([x, y]) => [x * 1.45, y * 1.45] as const),
  ring(6, 0).map(([x, y]) => [x * 1.1, y * 1.1] as const),
  ring(4, -90, 0.4).map(([x, y]) => [x * 1.45, y * 1.45] as const),
  ring(5, -90).map(([x, y]) => [x * 1.1, y * 1.1] as const),
  ring(3, 0).map(([x, y]) => [x * 1.25, y * 1.25] as const),
];

// A plus: twelve corners, its arms two thirds as wide as the mark's radius.
const ARM = 1 / 3;
const OF_MEAN: Point[] = [
  [-ARM, -1], [ARM, -1], [ARM, -ARM], [1, -ARM], [1, ARM], [ARM, ARM], [ARM, 1], [-ARM, 1], [-ARM, ARM], [-1, ARM], [-1, -ARM], [-ARM, -ARM],
].map(([x, y]) => [x! * 1.2, y! * 1.2] as const);

const STAR = ring(5, -90, 0.42);

/** Add the outline of a point that the person set. */
export function addStar(path: Path2D, x: number, y: number, radius: number): void {
  trace(path, STAR, x, y, radius);
}

/** Return the star of a point that the person set; the text beside it says "you". */
export function starGlyph(): SVGElement {
  const points = STAR.map(([x, y]) => `${(x * 6).toFixed(2)},${(y * 6).toFixed(2)}`).join(" ");
  return svg("svg", { class: "am-glyph am-star", viewBox: "-6.5 -6.5 13 13", "aria-hidden": "true" }, svg("polygon", { points, class: "am-sign-you" }));
}

/** Return the shape of a family; of more families than shapes, the further ones have the same in other colours. */
function shapeOf(family: number): typeof CIRCLE | Point[] {
  return family === MEAN ? OF_MEAN : SHAPES[family % SHAPES.length]!;
}

/** Return the number of the colour of a family that is none of the ensemble. */
export function colourOf(family: number): number {
  return (family + Math.floor(family / SHAPES.length)) % COLOURS;
}

function fillOf(family: number): string {
  return family === MEAN ? "var(--am-best)" : `var(--am-c${colourOf(family)})`;
}

/** Add the outline of a family's mark around (x, y) to a path. */
export function addMark(path: Path2D, family: number, x: number, y: number, radius: number): void {
  const shape = shapeOf(family);
  if (shape === CIRCLE) {
    path.moveTo(x + radius, y);
    path.arc(x, y, radius, 0, 2 * Math.PI);
  } else trace(path, shape, x, y, radius);
}

function trace(path: Path2D, corners: Point[], x: number, y: number, radius: number): void {
  corners.forEach(([dx, dy], place) => {
    if (place === 0) path.moveTo(x + radius * dx, y + radius * dy);
    else path.lineTo(x + radius * dx, y + radius * dy);
  });
  path.closePath();
}

/** Return a family's mark for a legend or a table; the text beside it names the family. */
export function glyph(family: number): SVGElement {
  const shape = shapeOf(family);
  const fill = fillOf(family);
  const corners = shape === CIRCLE ? "" : shape.map(([x, y]) => `${(x * 4).toFixed(2)},${(y * 4).toFixed(2)}`).join(" ");
  const mark = shape === CIRCLE ? svg("circle", { r: 4, fill }) : svg("polygon", { points: corners, fill });
  return svg("svg", { class: "am-glyph", viewBox: "-6.5 -6.5 13 13", "aria-hidden": "true" }, mark);
}

/** Return a family's mark at a place of a larger drawing. */
export function glyphAt(family: number, x: number, y: number, radius: number, name: string): SVGElement {
  const shape = shapeOf(family);
  const look = { class: name, fill: fillOf(family) };
  if (shape === CIRCLE) return svg("circle", { ...look, cx: x.toFixed(1), cy: y.toFixed(1), r: radius });
  const corners = shape.map(([dx, dy]) => `${(x + radius * dx).toFixed(1)},${(y + radius * dy).toFixed(1)}`).join(" ");
  return svg("polygon", { ...look, points: corners });
}
