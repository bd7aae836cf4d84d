// Logic only, no DOM, no network: one thing on its way at a time, and after it only the newest.

/** Two counts under way at once may arrive in the wrong order, and the older one would stay. */
export class InTurn<T> {
  #newest: { readonly value: T } | null = null;
  #isBusy = false;

  constructor(readonly send: (value: T) => Promise<unknown>) {}

  /** Send this when what is under way has come to its end, unless something newer is put first. */
  put(value: T): void {
    this.#newest = { value };
    if (!this.#isBusy) void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    this.#isBusy = true;
    while (this.#newest) {
      const { value } = this.#newest;
      this.#newest = null;
      await this.send(value).catch(() => undefined);
    }
    this.#isBusy = false;
  }
}
