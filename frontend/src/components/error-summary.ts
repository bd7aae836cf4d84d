// DOM only: after a refused form the reader lands on the list of what to correct.

export function wireErrorSummary(root: ParentNode): void {
  const summary = root.querySelector<HTMLElement>("[data-module=error-summary]");
  if (!summary) return;
  summary.focus();
  summary.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[href^='#']");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    (field.closest("fieldset, .ds-field") ?? field).scrollIntoView();
    field.focus({ preventScroll: true });
  });
}
