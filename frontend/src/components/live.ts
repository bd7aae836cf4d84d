// DOM and network: keeps marked regions of a page up to date without taking it from the reader.
import { readNews, type Seen } from "../lib/live";

// A second between questions and two answers on the way: new answers are seen within two seconds.
const EVERY_MS = 1_000;

/** Fired on the document after regions were replaced; charts are drawn anew on it. */
export const REPLACED = "samklang:replaced";

/** Failures in a row before the page says that contact is lost. */
const SAY_AFTER = 4;

/** Each region as the service sent it: a chart drawn in it or a part opened in it is no news. */
const sent = new WeakMap<Element, string>();

export function startLive(): void {
  const page = document.querySelector<HTMLElement>("[data-live-url]");
  const url = page?.dataset["liveUrl"];
  if (!page || !url) return;
  for (const region of document.querySelectorAll("[data-live]")) {
    sent.set(region, region.outerHTML);
  }
  let seen: Seen = { tag: page.dataset["liveTag"] ?? null };
  let failures = 0;
  let isBusy = false;

  const look = async (): Promise<void> => {
    const answer = await ask(url, seen.tag);
    const { news, seen: next } = readNews(seen, answer);
    failures = news === "unreachable" ? failures + 1 : 0;
    if (failures === SAY_AFTER) announce(page.dataset["liveLost"]);
    if (news === "changed" && !(await refresh())) return;
    if (news === "changed") announce(page.dataset["liveWord"]);
    seen = next;
  };
  setInterval(async () => {
    if (document.visibilityState === "hidden" || isBusy) return;
    isBusy = true;
    await look().finally(() => {
      isBusy = false;
    });
  }, EVERY_MS);
}

async function ask(
  url: string,
  tag: string | null,
): Promise<{ status: number; tag: string | null } | null> {
  try {
    const reply = await fetch(url, {
      cache: "no-store",
      redirect: "manual",
      headers: tag ? { "If-None-Match": tag } : {},
    });
    return { status: reply.status, tag: reply.headers.get("ETag") };
  } catch {
    return null;
  }
}

/** Fetch this very page and exchange its regions; false when it could not be had. */
async function refresh(): Promise<boolean> {
  try {
    const reply = await fetch(location.href, {
      cache: "no-store",
      headers: { Accept: "text/html" },
    });
    if (!reply.ok || reply.redirected) return false;
    exchange(new DOMParser().parseFromString(await reply.text(), "text/html"));
    document.dispatchEvent(new Event(REPLACED));
    return true;
  } catch {
    return false;
  }
}

function exchange(fresh: Document): void {
  for (const old of document.querySelectorAll<HTMLElement>("[data-live]")) {
    const name = old.dataset["live"] ?? "";
    const next = fresh.querySelector<HTMLElement>(`[data-live="${CSS.escape(name)}"]`);
    // What somebody is writing is worth more than being up to date.
    if (!next || next.outerHTML === sent.get(old) || isBeingWritten(old)) continue;
    sent.set(next, next.outerHTML);
    replaceKeeping(old, document.adoptNode(next));
  }
}

function replaceKeeping(old: HTMLElement, next: HTMLElement): void {
  const focused = old.contains(document.activeElement) ? document.activeElement?.id : undefined;
  const open = [...old.querySelectorAll<HTMLDetailsElement>("details[open][id]")];
  for (const { id } of open) {
    next.querySelector(`#${CSS.escape(id)}`)?.toggleAttribute("open", true);
  }
  old.replaceWith(next);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function isBeingWritten(region: HTMLElement): boolean {
  const fields = region.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea");
  return [...fields].some((field) =>
    "checked" in field && ["checkbox", "radio"].includes(field.type)
      ? field.checked !== field.defaultChecked
      : field.value !== field.defaultValue,
  );
}

function announce(sentence: string | undefined): void {
  const place = document.getElementById("announce");
  if (place && sentence) place.textContent = sentence;
}
