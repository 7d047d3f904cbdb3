// From worse to better as a colour: one hue, from faint to strong, so that it reads without telling colours apart.

export const SHADES = 9;

type Triple = readonly [number, number, number];

/** Return `SHADES` colours from `low` over `middle` to `high`, given as "#rrggbb"; others are used as they are. */
export function shades(low: string, middle: string, high: string): string[] {
  const stops = [low, middle, high].map(parse);
  if (stops.some((stop) => stop === null)) return Array.from({ length: SHADES }, () => high);
  return Array.from({ length: SHADES }, (_, place) => {
    const along = (2 * place) / (SHADES - 1);
    const from = along < 1 ? 0 : 1;
    return mixed(stops[from]!, stops[from + 1]!, along - from);
  });
}

/** Return which shade a goodness between 0 and 1 has. */
export function shadeOf(goodness: number): number {
  return Math.min(SHADES - 1, Math.max(0, Math.round(goodness * (SHADES - 1))));
}

function parse(colour: string): Triple | null {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour.trim());
  return found ? [parseInt(found[1]!, 16), parseInt(found[2]!, 16), parseInt(found[3]!, 16)] : null;
}

function mixed(one: Triple, other: Triple, share: number): string {
  const parts = one.map((part, place) => Math.round(part + (other[place]! - part) * Math.min(1, share)));
  return `rgb(${parts.join(",")})`;
}
