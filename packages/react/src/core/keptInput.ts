/**
 * What somebody typed and did not send, kept over a new sign-in: it lies in this tab's own storage from the redirect
 * until the form is there again, and goes to nobody but the user who typed it.
 */
const storageKey = "fairlead.kept";
/** Longer than a sign-in takes. */
const keptMs = 30 * 60_000;

interface Kept {
  readonly owner: string | null;
  readonly at: number;
  readonly input: { readonly [form: string]: unknown };
}

function tabStorage(): Storage | null {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null; // a page without storage keeps nothing
  }
}

export class KeptInput {
  readonly #forms = new Map<string, () => unknown>();
  readonly #storage: Storage | null;
  #owner: string | null = null;

  constructor(storage: Storage | null = tabStorage()) {
    this.#storage = storage;
  }

  /** Says who is signed in, once that is known. */
  setOwner(owner: string): void {
    this.#owner = owner;
  }

  /** A form that wants its input kept. `read` gives plain data, without secrets. Returns what stops it. */
  register(form: string, read: () => unknown): () => void {
    this.#forms.set(form, read);
    return () => {
      if (this.#forms.get(form) === read) this.#forms.delete(form);
    };
  }

  /** Keeps the input of all forms that are on the page. */
  save(): void {
    if (this.#forms.size === 0) return;
    const input = Object.fromEntries([...this.#forms].map(([form, read]) => [form, read()]));
    const kept: Kept = { owner: this.#owner, at: Date.now(), input };
    try {
      this.#storage?.setItem(storageKey, JSON.stringify(kept));
    } catch {
      // A full storage must not be in the way of signing in.
    }
  }

  /** The kept input of a form; undefined when there is none, or it is old or somebody else's. */
  find(form: string): unknown {
    const kept = this.#read();
    if (!kept || kept.owner !== this.#owner || Date.now() - kept.at > keptMs) return undefined;
    return kept.input[form];
  }

  /** Forgets the kept input of a form: it is on the page again. */
  drop(form: string): void {
    const kept = this.#read();
    if (!kept) return;
    const { [form]: _, ...input } = kept.input;
    if (Object.keys(input).length === 0) this.clear();
    else this.#storage?.setItem(storageKey, JSON.stringify({ ...kept, input }));
  }

  /** To be called at sign-out. */
  clear(): void {
    this.#storage?.removeItem(storageKey);
  }

  #read(): Kept | null {
    const text = this.#storage?.getItem(storageKey);
    try {
      return text ? (JSON.parse(text) as Kept) : null;
    } catch {
      return null;
    }
  }
}
