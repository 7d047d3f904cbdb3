// A name, a bar and its number: a row of the Importance tab.
import { element } from "./dom";

/** Return the row; the bar is full at `most`. */
export function shareBar(name: string, share: number, most: number): HTMLElement {
  const fill = element("div", { class: "am-share-fill" });
  fill.style.width = `${Math.min(100, (100 * share) / most)}%`;
  return element("li", {}, element("span", { class: "am-share-name" }, name), element("div", { class: "am-share", "aria-hidden": "true" }, fill), element("span", { class: "am-number" }, percent(share)));
}

export function percent(share: number): string {
  return share < 0.01 ? "< 1 %" : `${Math.round(100 * share)} %`;
}
