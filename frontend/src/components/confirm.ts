// DOM only: a form that cannot be undone asks once. Without script the server's own page asks.

export function wireConfirm(root: ParentNode): void {
  for (const form of root.querySelectorAll<HTMLFormElement>(
    "form[data-confirm]:not([data-wired])",
  )) {
    form.dataset["wired"] = "";
    ask(form);
  }
}

function ask(form: HTMLFormElement): void {
  let isConfirmed = false;
  form.addEventListener("submit", (event) => {
    if (isConfirmed) return;
    event.preventDefault();
    const dialog = build(form);
    document.body.append(dialog);
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (dialog.returnValue !== "yes") return;
      isConfirmed = true;
      form.requestSubmit(event.submitter);
    });
    dialog.showModal();
  });
}

function build(form: HTMLFormElement): HTMLDialogElement {
  const { confirm = "", confirmYes = "", confirmNo = "" } = form.dataset;
  const dialog = document.createElement("dialog");
  const question = document.createElement("p");
  const choices = document.createElement("form");
  dialog.className = "ask-dialog";
  question.id = "confirm-question";
  question.textContent = confirm;
  dialog.setAttribute("aria-labelledby", question.id);
  choices.method = "dialog";
  choices.className = "row";
  choices.append(button("no", confirmNo, "secondary"), button("yes", confirmYes));
  dialog.append(question, choices);
  return dialog;
}

function button(value: string, word: string, variant?: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.className = "ds-button";
  made.value = value;
  made.textContent = word;
  if (variant) made.dataset["variant"] = variant;
  return made;
}
