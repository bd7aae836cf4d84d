// DOM only: asks whether anybody is still there, and gives the time back as often as wanted (rule K5).
import { type IdleRule, idleState } from "../lib/idle";
import { part, parts } from "./dom";

const TICK_MS = 500;
const TOUCHES = ["pointerdown", "keydown", "input"] as const;

export interface IdleWatch {
  readonly stop: () => void;
  readonly touched: () => void;
}

export function watchIdle(body: HTMLElement, rule: IdleRule, over: () => void): IdleWatch {
  const veil = part("#idle", body);
  const text = part("#idle-text", veil);
  const sentences: readonly string[] = JSON.parse(text.dataset["texts"] ?? "[]");
  let last = performance.now();

  const touched = () => {
    last = performance.now();
    lift(body, veil);
  };
  // While the question stands only its own buttons count: a sleeve is not an answer.
  const onTouch = () => {
    if (veil.hidden) last = performance.now();
  };
  for (const name of TOUCHES)
    body.addEventListener(name, onTouch, { capture: true, passive: true });
  part("[data-tool=more-time]", veil).addEventListener("click", touched);
  part("[data-tool=stop]", veil).addEventListener("click", () => finish());

  const timer = setInterval(() => {
    const state = idleState(last, performance.now(), rule);
    if (state.kind === "over") finish();
    if (state.kind !== "asking") return;
    text.textContent = sentences[state.secondsLeft] ?? "";
    if (veil.hidden) ask(body, veil);
  }, TICK_MS);
  const stop = () => clearInterval(timer);
  const finish = () => {
    stop();
    over();
  };
  return { stop, touched };
}

function ask(body: HTMLElement, veil: HTMLElement): void {
  setBehind(body, veil, true);
  veil.hidden = false;
  part("[data-tool=more-time]", veil).focus();
}

function lift(body: HTMLElement, veil: HTMLElement): void {
  setBehind(body, veil, false);
  veil.hidden = true;
}

function setBehind(body: HTMLElement, veil: HTMLElement, isBehind: boolean): void {
  for (const element of parts(":scope > header, :scope > main", body)) {
    if (element === veil) continue;
    element.toggleAttribute("inert", isBehind);
    // Older Safari does not know inert.
    if (isBehind) element.setAttribute("aria-hidden", "true");
    else element.removeAttribute("aria-hidden");
  }
}
