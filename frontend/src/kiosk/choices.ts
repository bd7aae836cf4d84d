// DOM only: an item that is answered by buttons, 0 to 10 or the words of its codes.
import type { Input } from "../lib/marks";
import { nearest } from "../lib/scale";
import { parts } from "./dom";
import { type ItemHooks, type ItemView, names } from "./slider";

export function choiceItem(element: HTMLElement, hooks: ItemHooks): ItemView {
  const radios = parts<HTMLInputElement>("input[type=radio]", element);
  const { key, title } = names(element);
  let by: Input = "keyboard";
  let standing: HTMLInputElement | null = null;

  const settle = (radio: HTMLInputElement | null): void => {
    standing = radio;
    element.toggleAttribute("data-set", radio !== null);
    element.classList.remove("miss");
  };
  element.addEventListener("pointerdown", (event) => {
    by = event.pointerType === "mouse" ? "mouse" : "touch";
  });
  element.addEventListener("keydown", () => {
    by = "keyboard";
  });
  element.addEventListener("change", (event) => {
    const radio = event.target as HTMLInputElement;
    if (!hooks.mayChange()) {
      radio.checked = false;
      if (standing) standing.checked = true;
      return;
    }
    settle(radio);
    hooks.changed(key, Number(radio.value), by);
  });

  const show = (value: number | null): number | null => {
    const offered = radios.map((radio) => Number(radio.value));
    const wanted = value === null ? null : nearest(value, offered);
    for (const radio of radios) radio.checked = Number(radio.value) === wanted;
    settle(radios.find((radio) => radio.checked) ?? null);
    return wanted;
  };
  return { key, title, element, show, focus: () => (standing ?? radios[0])?.focus() };
}
