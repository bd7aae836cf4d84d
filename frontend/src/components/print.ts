// DOM only: the print button, which is there only where it can do something.

export function wirePrint(root: ParentNode): void {
  for (const button of root.querySelectorAll<HTMLElement>("[data-module=print][hidden]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
}
