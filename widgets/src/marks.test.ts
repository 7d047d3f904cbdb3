import { describe, expect, it } from "vitest";
import { glyph, MEAN } from "./marks";

describe("marks of families", () => {
  const looks = (place: number) => glyph(place).innerHTML;

  it("differ, also of more families than there are shapes, and from that of an ensemble", () => {
    const all = [MEAN, ...Array.from({ length: 40 }, (_, place) => place)].map(looks);
    expect(new Set(all).size).toBe(all.length);
  });
});
