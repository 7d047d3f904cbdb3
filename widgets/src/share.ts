// A share of the space in words: it is estimated by a sample, so it is told roughly.

/** Return "hardly anything", "under 1 %", "about 7 %", "about 30 %", "nearly all". */
export function share(part: number): string {
  const percent = 100 * part;
  if (percent <= 0) return "hardly anything";
  if (percent < 1) return "under 1 %";
  if (percent > 99) return "nearly all";
  return `about ${percent < 10 || percent > 90 ? Math.round(percent) : 5 * Math.round(percent / 5)} %`;
}
