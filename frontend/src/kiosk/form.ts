// DOM only: the rating page from the first touch to "stored". Decisions are in lib/.
import { InTurn } from "../lib/in-turn";
import { type Input, localTime, missingKeys, randomKey, ratingBody } from "../lib/marks";
import { type PageData, readPageData } from "../lib/page-data";
import type { StoredRating, Submission } from "../lib/submission";
import { countSentence, missingSentence } from "../lib/words";
import { choiceItem } from "./choices";
import { startCountdown } from "./countdown";
import { part, parts } from "./dom";
import { type IdleWatch, watchIdle } from "./idle-question";
import { type Steps, startSteps, textScale } from "./one-by-one";
import { leave, pause, wipe } from "./privacy";
import { type ItemHooks, type ItemView, lineItem } from "./slider";
import { fetchPage, setTongue, showPage } from "./swap";
import { Sender, tell } from "./sync";

const TRY_PAGE_AGAIN_MS = 2_000;

/** One visit at the tablet; lives through a change of language and of numbers for lines. */
export class RatingForm {
  readonly #marks = new Map<string, number>();
  readonly #inputs = new Set<Input>();
  readonly #sender = new Sender((state) => this.#follow(state));
  readonly #counts = new InTurn((set: number) => tell(`${this.#path}/progress`, { set }));
  readonly #shownAt = performance.now();
  #key = newKey();
  #replaces: string | null = null;
  #hasAsked = false;
  #isLeaving = false;
  #told = 0;
  #body: HTMLElement = document.body;
  #data: PageData;
  #items: readonly ItemView[] = [];
  #steps: Steps | null = null;
  #idle: IdleWatch | null = null;

  constructor() {
    this.#data = this.#bind();
    void tell(`${this.#path}/started`, {}).catch(() => undefined);
  }

  get #path(): string {
    return `/tablet/visit/${this.#data.setting.visit}`;
  }

  #bind(): PageData {
    const body = document.body;
    const data = readPageData(part("#form-data", body).textContent);
    const form = part<HTMLFormElement>(".rate-form", body);
    this.#body = body;
    this.#data = data;
    this.#items = this.#wireItems(form, data);
    this.#steps = startSteps(form, this.#items, {
      word: data.words.step,
      moved: () => this.#count(),
    });
    this.#wireForm(form);
    this.#wireTools(body);
    this.#idle?.stop();
    this.#idle = watchIdle(body, data.idle, () => this.#giveUp());
    this.#steps.refresh();
    return data;
  }

  #wireItems(form: HTMLElement, data: PageData): readonly ItemView[] {
    const hooks: ItemHooks = {
      words: data.words,
      language: data.setting.language,
      mayChange: () => this.#isOpen,
      changed: (key, value, input) => this.#mark(key, value, input),
    };
    return parts(".item", form).map((element) => {
      const isLine = element.querySelector(".native") !== null;
      const item = isLine ? lineItem(element, hooks) : choiceItem(element, hooks);
      const standing = item.show(this.#marks.get(item.key) ?? null);
      if (standing !== null) this.#marks.set(item.key, standing);
      return item;
    });
  }

  #wireForm(form: HTMLFormElement): void {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#done();
    });
    part("[data-tool=set-now]", form).addEventListener("click", () => this.#toMissing());
    part("[data-tool=again]", form).addEventListener("click", () => this.#tryNow());
  }

  #wireTools(body: HTMLElement): void {
    const text = part("[data-tool=text]", body);
    text.setAttribute("aria-pressed", String(textScale() > 1));
    text.addEventListener("click", () => {
      document.documentElement.dataset["text"] = textScale() > 1 ? "" : "large";
      text.setAttribute("aria-pressed", String(textScale() > 1));
      this.#steps?.refresh();
    });
    body.querySelector("[data-tool=layout]")?.addEventListener("click", () => {
      closeMenus(body);
      this.#steps?.choose(this.#steps.layout() === "one" ? "all" : "one");
    });
    for (const link of parts<HTMLAnchorElement>("a[data-swap], a[data-language]", body)) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        closeMenus(body);
        if (this.#isOpen) void this.#swap(link.href);
      });
    }
    wireMenus(body);
  }

  get #isOpen(): boolean {
    const { kind } = this.#sender.state;
    return (kind === "open" || kind === "refused") && !this.#isLeaving;
  }

  #mark(key: string, value: number | null, input: Input): void {
    if (value === null) this.#marks.delete(key);
    else this.#marks.set(key, value);
    this.#inputs.add(input);
    this.#count();
  }

  #count(): void {
    const set = this.#items.filter(({ key }) => this.#marks.has(key)).length;
    const sentence = countSentence(this.#data.words, { set, of: this.#items.length });
    const place = part(".rate-form", this.#body).dataset["place"];
    this.#say(place || sentence);
    if (set === this.#told || this.#replaces !== null) return;
    this.#told = set;
    this.#counts.put(set);
  }

  #say(sentence: string): void {
    const status = part(".count", this.#body);
    if (status.textContent !== sentence) status.textContent = sentence;
  }

  #missing(): readonly ItemView[] {
    const keys = this.#items.map(({ key }) => key);
    const missing = new Set(missingKeys(keys, this.#marks));
    return this.#items.filter(({ key }) => missing.has(key));
  }

  #done(): void {
    if (!this.#isOpen) return;
    const titles = this.#missing().map(({ title }) => title);
    const question = missingSentence(this.#data.words, titles);
    if (question === null || this.#hasAsked) {
      this.#showMissing(null);
      this.#sender.send(this.#submission(true));
      return;
    }
    this.#hasAsked = true;
    this.#showMissing(question);
  }

  #showMissing(question: string | null): void {
    const note = part("#missing", this.#body);
    note.hidden = question === null;
    part(".rate-foot", this.#body).hidden = question !== null;
    if (question === null) return;
    part("#missing-text", note).textContent = question;
    for (const { element } of this.#missing()) element.classList.add("miss");
    part("[data-tool=set-now]", note).focus();
  }

  #toMissing(): void {
    const [first] = this.#missing();
    this.#showMissing(null);
    if (!first) return;
    this.#steps?.goTo(this.#items.indexOf(first));
    first.element.scrollIntoView({ block: "center" });
    first.focus();
  }

  #submission(isFinished: boolean): string {
    const keys = this.#items.map(({ key }) => key);
    const layout = this.#steps?.layout() ?? this.#data.setting.layout;
    return ratingBody(
      keys,
      this.#marks,
      { ...this.#data.setting, layout },
      {
        submissionKey: this.#key,
        replaces: this.#replaces,
        isFinished,
        inputs: this.#inputs,
        deviceWidth: innerWidth,
        deviceTime: localTime(new Date()),
        durationMs: performance.now() - this.#shownAt,
      },
    );
  }

  #tryNow(): void {
    if (this.#sender.state.kind === "refused") this.#done();
    else this.#sender.again();
  }

  #follow(state: Submission): void {
    if (state.kind === "stored") {
      void this.#stored(state.stored);
      return;
    }
    if (this.#isLeaving) {
      // Nobody is there to read why; the clinician's page shows that nothing came.
      if (state.kind === "refused") void leave("/tablet");
      return;
    }
    this.#showTrouble(state);
  }

  #showTrouble(state: Submission): void {
    const trouble = part("#trouble", this.#body);
    const { words } = this.#data;
    trouble.hidden = state.kind !== "waiting" && state.kind !== "refused";
    if (state.kind === "waiting") part("p", trouble).textContent = words.offline;
    if (state.kind === "refused") {
      part("p", trouble).textContent = state.refusal.message || words.not_taken;
    }
    if (state.kind === "sending") this.#say(words.sending);
    else this.#count();
  }

  async #stored(stored: StoredRating): Promise<void> {
    this.#idle?.stop();
    if (this.#isLeaving) {
      await leave(stored.next);
      return;
    }
    const page = await this.#fetchUntilThere(stored.next);
    const form = showPage(page);
    const stopCountdown = startCountdown(document.body);
    part("h1", document.body).focus();
    this.#offerChange(form, stored, stopCountdown);
    for (const link of parts<HTMLAnchorElement>("a[data-module=go]", document.body)) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        void leave("/tablet");
      });
    }
  }

  async #fetchUntilThere(path: string): Promise<Document> {
    for (;;) {
      const page = await fetchPage(path);
      if (page) return page;
      await pause(TRY_PAGE_AGAIN_MS);
    }
  }

  #offerChange(form: HTMLElement, stored: StoredRating, stopCountdown: () => void): void {
    const button = part("[data-tool=change]", document.body);
    button.hidden = false;
    setTimeout(() => button.remove(), Number(button.dataset["seconds"]) * 1000);
    button.addEventListener("click", () => {
      stopCountdown();
      this.#replaces = stored.rating;
      this.#key = newKey();
      this.#hasAsked = false;
      document.body.replaceWith(form);
      setTongue({ lang: this.#data.setting.language, dir: document.documentElement.dir });
      this.#idle = watchIdle(form, this.#data.idle, () => this.#giveUp());
      this.#sender.reopen();
      this.#steps?.refresh();
    });
  }

  #giveUp(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    const { kind } = this.#sender.state;
    const isUnderWay = kind === "sending" || kind === "waiting";
    // What was stored before "Change" stands; half a change must not take its place.
    const hasNothingToSend = this.#replaces !== null && !isUnderWay;
    const body = this.#submission(false);
    const veil = part("#leaving", this.#body);
    wipe();
    veil.hidden = false;
    document.body.append(veil);
    if (hasNothingToSend) void leave("/tablet");
    else if (!isUnderWay) this.#sender.send(body);
  }

  async #swap(path: string): Promise<void> {
    const page = await fetchPage(path);
    if (!page || !this.#isOpen) {
      this.#say(this.#data.words.offline);
      return;
    }
    showPage(page);
    history.replaceState(null, "", path);
    this.#bind();
    part("h1", document.body).focus();
  }
}

function closeMenus(body: HTMLElement): void {
  for (const menu of parts<HTMLDetailsElement>("[data-menu]", body)) menu.open = false;
}

function wireMenus(body: HTMLElement): void {
  body.addEventListener("pointerdown", (event) => {
    if (!(event.target as Element).closest("[data-menu]")) closeMenus(body);
  });
  body.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = (event.target as Element).closest<HTMLDetailsElement>("[data-menu]");
    closeMenus(body);
    menu?.querySelector("summary")?.focus();
  });
}

function newKey(): string {
  return randomKey((bytes) => crypto.getRandomValues(bytes));
}
