// DOM only: counts a screen down, then leaves it empty.
import { secondsLeft } from "../lib/idle";
import { part } from "./dom";
import { leave } from "./privacy";

const TICK_MS = 250;

/** Start the countdown of a page, if it has one; the function returned stops it. */
export function startCountdown(root: ParentNode): () => void {
  const element = root.querySelector<HTMLElement>("[data-module=countdown]");
  if (!element) return () => undefined;
  const texts: readonly string[] = JSON.parse(element.dataset["texts"] ?? "[]");
  const seconds = Number(element.dataset["seconds"]);
  let start = performance.now();

  const timer = setInterval(() => {
    const left = secondsLeft(start, performance.now(), seconds);
    const text = texts[left] ?? "";
    if (element.textContent !== text) element.textContent = text;
    if (left > 0) return;
    clearInterval(timer);
    void leave(element.dataset["next"] ?? "/tablet");
  }, TICK_MS);

  // Whoever reads whom to call gets the time back by touching the screen (WCAG 2.2.1).
  if (root.querySelector(".help")) {
    part("main", root).addEventListener("pointerdown", () => {
      start = performance.now();
    });
  }
  return () => clearInterval(timer);
}
