// Colours and shapes of the families, the same as in the saved picture (notebook/charts.py).
// Okabe and Ito (2008), "Color Universal Design": told apart with every kind of colour vision.
export const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A5195", "#4D4D4D"];
const DARK_COLOURS = ["#4EA8DE", "#FF8A3D", "#2EC4A0", "#E39BC6", "#F5BE41", "#8FD3FF", "#B48AD0", "#B8B8B8"];
const SHAPES = ["circle", "square", "triangle", "diamond", "down", "plus", "cross", "star", "left", "right"] as const;
export type Shape = (typeof SHAPES)[number];

export interface Look {
  colour: string;
  shape: Shape;
}

/** The look of a family by its place in the list of families. */
export function lookOf(models: readonly string[], model: string, dark: boolean): Look {
  const place = Math.max(0, models.indexOf(model));
  const colours = dark ? DARK_COLOURS : COLOURS;
  return { colour: colours[place % colours.length]!, shape: SHAPES[place % SHAPES.length]! };
}

const CORNERS: Record<Exclude<Shape, "circle">, readonly [number, number][]> = {
  square: [[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]],
  triangle: [[0, -1.1], [1, 0.8], [-1, 0.8]],
  down: [[0, 1.1], [1, -0.8], [-1, -0.8]],
  diamond: [[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]],
  left: [[-1.1, 0], [0.8, 1], [0.8, -1]],
  right: [[1.1, 0], [-0.8, 1], [-0.8, -1]],
  plus: [[-0.4, -1.1], [0.4, -1.1], [0.4, -0.4], [1.1, -0.4], [1.1, 0.4], [0.4, 0.4], [0.4, 1.1], [-0.4, 1.1], [-0.4, 0.4], [-1.1, 0.4], [-1.1, -0.4], [-0.4, -0.4]],
  cross: [[0, -0.5], [0.6, -1.1], [1.1, -0.6], [0.5, 0], [1.1, 0.6], [0.6, 1.1], [0, 0.5], [-0.6, 1.1], [-1.1, 0.6], [-0.5, 0], [-1.1, -0.6], [-0.6, -1.1]],
  star: [[0, -1.3], [0.35, -0.4], [1.25, -0.4], [0.55, 0.2], [0.8, 1.1], [0, 0.55], [-0.8, 1.1], [-0.55, 0.2], [-1.25, -0.4], [-0.35, -0.4]],
};

/** Draw the outline of a shape around (x, y). */
export function trace(context: CanvasRenderingContext2D, shape: Shape, x: number, y: number, radius: number): void {
  context.beginPath();
  if (shape === "circle") {
    context.arc(x, y, radius, 0, 2 * Math.PI);
    return;
  }
  CORNERS[shape].forEach(([dx, dy], place) => {
    if (place === 0) context.moveTo(x + dx * radius, y + dy * radius);
    else context.lineTo(x + dx * radius, y + dy * radius);
  });
  context.closePath();
}

/** A small picture of a family's look, for the legend. */
export function swatch(look: Look): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "-1.5 -1.5 3 3");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("am-swatch");
  const part = document.createElementNS(space, look.shape === "circle" ? "circle" : "polygon");
  if (look.shape === "circle") part.setAttribute("r", "1");
  else part.setAttribute("points", CORNERS[look.shape].map((corner) => corner.join(",")).join(" "));
  part.setAttribute("fill", look.colour);
  svg.append(part);
  return svg;
}
