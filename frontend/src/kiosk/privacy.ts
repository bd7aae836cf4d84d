// DOM only: one patient's marks must never meet the next one (rule K6).

const TRY_AGAIN_MS = 3_000;

/** Empty the screen at once, then leave without a trace in the history. */
export async function leave(path: string): Promise<void> {
  wipe();
  while (!(await isReachable())) await pause(TRY_AGAIN_MS);
  location.replace(path);
}

/** Take every mark and word off the screen. */
export function wipe(): void {
  document.body.replaceChildren();
}

/** Nothing to see in the list of open apps, nothing kept for the Back button. */
export function guardPage(): void {
  document.addEventListener("visibilitychange", () => {
    document.documentElement.classList.toggle("covered", document.visibilityState === "hidden");
  });
  addEventListener("pagehide", wipe);
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.replace("/tablet");
  });
}

/** Ask that the screen stays on. Many tablets refuse; nothing depends on it. */
export async function keepAwake(): Promise<void> {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // A refusal is ordinary: low battery, old system, page not in front.
  }
}

// Leaving for a page that cannot be fetched would end on the browser's own error page,
// which a patient cannot get away from.
async function isReachable(): Promise<boolean> {
  try {
    return (await fetch("/tablet/state", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, ms);
  });
}
