// DOM only: the few look-ups that every module of the tablet makes.

export class MissingPartError extends Error {
  constructor(readonly selector: string) {
    super(`The page lacks ${selector}; template and script are out of step.`);
  }
}

export function part<T extends Element = HTMLElement>(selector: string, root: ParentNode): T {
  const found = root.querySelector<T>(selector);
  if (!found) throw new MissingPartError(selector);
  return found;
}

export function parts<T extends Element = HTMLElement>(selector: string, root: ParentNode): T[] {
  return [...root.querySelectorAll<T>(selector)];
}

export function isRightToLeft(): boolean {
  return document.documentElement.dir === "rtl";
}
