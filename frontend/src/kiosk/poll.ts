// DOM and network: moves on when staff or clinician do something that concerns this tablet.

const EVERY_MS = 1_500;

interface TabletState {
  readonly state: string;
  readonly visit?: string | number;
}

export function startPolling(root: ParentNode): void {
  const element = root.querySelector<HTMLElement>("[data-module=poll]");
  if (!element) return;
  const { stateUrl = "", here = "", visit } = element.dataset;
  setInterval(async () => {
    if (document.visibilityState === "hidden") return;
    const state = await read(stateUrl);
    if (state && !belongs(state, here, visit)) location.replace("/tablet");
  }, EVERY_MS);
}

function belongs(now: TabletState, here: string, visit: string | undefined): boolean {
  return now.state === here && (visit === undefined || String(now.visit) === visit);
}

async function read(url: string): Promise<TabletState | null> {
  try {
    const reply = await fetch(url, { cache: "no-store" });
    return reply.ok ? await reply.json() : null;
  } catch {
    return null;
  }
}
