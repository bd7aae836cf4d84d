// DOM only: puts another page of ours in place of this one without leaving it, so that marks live on.

/** The page at `path`, or null when it cannot be had now. */
export async function fetchPage(path: string): Promise<Document | null> {
  try {
    const reply = await fetch(path, { cache: "no-store", headers: { Accept: "text/html" } });
    if (!reply.ok) return null;
    if (reply.redirected) location.replace(reply.url);
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    // Without scripts of its own the parser shows what is meant for browsers without script.
    for (const element of page.querySelectorAll("noscript")) element.remove();
    return page;
  } catch {
    return null;
  }
}

/** Show a fetched page. The old body is returned whole, with its listeners, for coming back. */
export function showPage(page: Document): HTMLElement {
  const before = document.body;
  setTongue(page.documentElement);
  before.replaceWith(document.adoptNode(page.body));
  return before;
}

/** The page's language and direction, which belong to the root and not to the body. */
export function setTongue({ lang, dir }: { readonly lang: string; readonly dir: string }): void {
  document.documentElement.lang = lang;
  document.documentElement.dir = dir;
}
