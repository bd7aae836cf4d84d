// DOM only: shows one item at a time, with a last screen where all stand together.
import { effectiveLayout, stepAt } from "../lib/steps";
import { fill } from "../lib/words";
import { part } from "./dom";
import type { ItemView } from "./slider";

/** How much larger "Larger text" makes the text; the style sheet's --s. */
const LARGE_TEXT = 1.22;

export interface Steps {
  readonly layout: () => "all" | "one";
  readonly choose: (layout: "all" | "one") => void;
  readonly goTo: (position: number) => void;
  readonly refresh: () => void;
}

export function startSteps(
  form: HTMLElement,
  items: readonly ItemView[],
  { word, moved }: { readonly word: string; readonly moved: () => void },
): Steps {
  let chosen: "all" | "one" = form.dataset["layout"] === "one" ? "one" : "all";
  let position = 0;

  const layout = () => effectiveLayout(chosen, { height: innerHeight, textScale: textScale() });
  const refresh = () => {
    const now = layout();
    form.dataset["layout"] = now;
    showStep(form, items, now === "one" ? position : null, word);
    labelLayoutTool(now);
    moved();
  };
  const goTo = (next: number) => {
    position = Math.max(0, Math.min(items.length, next));
    refresh();
    if (layout() === "one") (items[position] ?? items[0])?.focus();
  };
  part("[data-tool=next]", form).addEventListener("click", () => goTo(position + 1));
  part("[data-tool=back]", form).addEventListener("click", () => goTo(position - 1));
  const choose = (next: "all" | "one") => {
    chosen = next;
    position = 0;
    refresh();
  };
  return { layout, choose, goTo, refresh };
}

function showStep(
  form: HTMLElement,
  items: readonly ItemView[],
  position: number | null,
  word: string,
): void {
  const step = position === null ? null : stepAt(position, items.length);
  const isWhole = step === null || step.isLast;
  form.dataset["step"] = isWhole ? "last" : "item";
  items.forEach((item, index) => {
    item.element.hidden = !isWhole && index !== step.shown;
  });
  part(".look-over", form).hidden = step === null || !step.isLast;
  part(".intro .lead", form).hidden = step?.isLast ?? false;
  part("[data-tool=back]", form).hidden = !step?.hasBack;
  part("[data-tool=next]", form).hidden = isWhole;
  part(".moves [type=submit]", form).hidden = !isWhole;
  const shown = step?.shown;
  form.dataset["place"] =
    shown === undefined || shown === null ? "" : fill(word, { n: shown + 1, m: items.length });
}

function labelLayoutTool(now: "all" | "one"): void {
  const tool = document.querySelector<HTMLElement>("[data-tool=layout]");
  if (tool) tool.textContent = (now === "one" ? tool.dataset["all"] : tool.dataset["one"]) ?? "";
}

export function textScale(): number {
  return document.documentElement.dataset["text"] === "large" ? LARGE_TEXT : 1;
}
