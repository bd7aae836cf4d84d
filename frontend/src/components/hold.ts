// DOM only: a link that opens after being held, by finger, mouse or Enter.
import { heldShare } from "../lib/hold";

export function wireHold(root: ParentNode): void {
  for (const link of root.querySelectorAll<HTMLAnchorElement>("[data-module=hold]")) holdLink(link);
}

function holdLink(link: HTMLAnchorElement): void {
  let start: number | null = null;
  let frame = 0;

  const show = (share: number) => link.style.setProperty("--held", String(share));
  const step = () => {
    if (start === null) return;
    const share = heldShare(start, performance.now());
    show(share);
    if (share === 1) location.replace(link.href);
    else frame = requestAnimationFrame(step);
  };
  const begin = () => {
    if (start !== null) return;
    start = performance.now();
    frame = requestAnimationFrame(step);
  };
  const end = () => {
    start = null;
    cancelAnimationFrame(frame);
    show(0);
  };
  link.addEventListener("click", (event) => event.preventDefault());
  link.addEventListener("contextmenu", (event) => event.preventDefault());
  link.addEventListener("pointerdown", begin);
  for (const name of ["pointerup", "pointercancel", "pointerleave", "blur"]) {
    link.addEventListener(name, end);
  }
  link.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      begin();
    }
  });
  link.addEventListener("keyup", end);
}
