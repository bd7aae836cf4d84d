// DOM only: a line that is touched anywhere, over a native range input for keys and screen readers.
import { type Input, inputOfPointer } from "../lib/marks";
import type { RatingWords } from "../lib/page-data";
import { percentOf, type Scale, valueAt, valueForKey } from "../lib/scale";
import { fill, readableTenths } from "../lib/words";
import { isRightToLeft, part } from "./dom";

export interface ItemHooks {
  readonly words: RatingWords;
  readonly language: string;
  /** False while a rating is on its way: what is sent must stay what is shown. */
  readonly mayChange: () => boolean;
  readonly changed: (key: string, value: number | null, input: Input) => void;
}

export interface ItemView {
  readonly key: string;
  readonly title: string;
  readonly element: HTMLElement;
  /** Show a mark made before, for instance in another language; returns what stands now. */
  readonly show: (value: number | null) => number | null;
  readonly focus: () => void;
}

/** A finger that moved less than this before the browser took over meant to scroll. */
const SCROLL_PX = 8;

export function lineItem(element: HTMLElement, hooks: ItemHooks): ItemView {
  const scale = readScale(element);
  const input = part<HTMLInputElement>(".native", element);
  let value: number | null = null;

  const show = (next: number | null): number | null => {
    value = next;
    draw(element, input, { value, scale, hooks });
    return value;
  };
  const change = (next: number | null, by: Input): void => {
    if (!hooks.mayChange() || next === value) return;
    show(next);
    hooks.changed(element.dataset["item"] ?? "", next, by);
  };

  listenToPointer(element, scale, { current: () => value, change });
  listenToKeys(input, scale, { current: () => value, change });
  showFocus(part(".scale", element), input);
  return { ...names(element), element, show, focus: () => input.focus() };
}

interface Marking {
  readonly current: () => number | null;
  readonly change: (value: number | null, by: Input) => void;
}

function listenToPointer(element: HTMLElement, scale: Scale, marking: Marking): void {
  const area = part(".scale", element);
  const zone = part(".zone", element);
  let drag: { id: number; startX: number; lastX: number; before: number | null } | null = null;

  const mark = (event: PointerEvent): void => {
    const { left, width } = zone.getBoundingClientRect();
    const track = { left, width, rightToLeft: isRightToLeft() };
    marking.change(valueAt(event.clientX, track, scale), inputOfPointer(event.pointerType));
  };
  area.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    const x = event.clientX;
    drag = { id: event.pointerId, startX: x, lastX: x, before: marking.current() };
    area.setPointerCapture(event.pointerId);
    mark(event);
  });
  area.addEventListener("pointermove", (event) => {
    if (drag?.id !== event.pointerId) return;
    drag.lastX = event.clientX;
    mark(event);
  });
  area.addEventListener("pointerup", () => {
    drag = null;
  });
  area.addEventListener("pointercancel", (event) => {
    if (drag && Math.abs(drag.lastX - drag.startX) < SCROLL_PX) {
      marking.change(drag.before, inputOfPointer(event.pointerType));
    }
    drag = null;
  });
}

function listenToKeys(input: HTMLInputElement, scale: Scale, marking: Marking): void {
  input.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const rightToLeft = isRightToLeft();
    const value = valueForKey(event.key, marking.current(), scale, { rightToLeft });
    if (value === null) return;
    event.preventDefault();
    marking.change(value, "keyboard");
  });
  // Gestures of screen readers move the native input without a key.
  input.addEventListener("input", () => marking.change(input.valueAsNumber, "keyboard"));
}

function showFocus(area: HTMLElement, input: HTMLInputElement): void {
  input.addEventListener("focus", () => {
    area.classList.toggle("has-focus", input.matches(":focus-visible"));
  });
  input.addEventListener("keydown", () => area.classList.add("has-focus"));
  input.addEventListener("blur", () => area.classList.remove("has-focus"));
}

function draw(
  element: HTMLElement,
  input: HTMLInputElement,
  { value, scale, hooks }: { value: number | null; scale: Scale; hooks: ItemHooks },
): void {
  const mark = part(".mark", element);
  element.toggleAttribute("data-set", value !== null);
  mark.hidden = value === null;
  if (value === null) {
    input.setAttribute("aria-valuetext", hooks.words.unset);
    return;
  }
  input.value = String(value);
  mark.style.setProperty("--at", String(percentOf(value, scale)));
  element.classList.remove("miss");
  input.setAttribute("aria-valuetext", spoken(value, scale, hooks));
}

function spoken(value: number, { highest }: Scale, { words, language }: ItemHooks): string {
  return fill(words.value, { v: readableTenths(value, language), m: highest / 10 });
}

export function names(element: HTMLElement): { key: string; title: string } {
  return {
    key: element.dataset["item"] ?? "",
    title: part(".title", element).textContent ?? "",
  };
}

function readScale(element: HTMLElement): Scale {
  return { lowest: Number(element.dataset["lowest"]), highest: Number(element.dataset["highest"]) };
}
