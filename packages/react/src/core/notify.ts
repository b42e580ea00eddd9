import type { LiveError } from "./errors.js";
import type { OperationType } from "./overlay.js";

/** What to tell the user about one mutation. The same id replaces the earlier message. */
export interface Notice {
  readonly id: string;
  readonly message: string;
}

export interface SuccessNotice extends Notice {
  /** Takes the change back, where that is possible. */
  readonly undo: (() => Promise<void>) | null;
}

export interface ErrorNotice extends Notice {
  readonly error: LiveError;
  /** Sends the same mutation again, where that may help. */
  readonly retry: (() => Promise<void>) | null;
}

export interface Notifier {
  loading(notice: Notice): void;
  success(notice: SuccessNotice): void;
  error(notice: ErrorNotice): void;
}

export const silentNotifier: Notifier = {
  loading: () => undefined,
  success: () => undefined,
  error: () => undefined,
};

export type MessageKind = "loading" | "success" | "error";

export interface MessageSubject {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | null;
  readonly error: LiveError | null;
}

export type Message = string | ((subject: MessageSubject) => string);

/** Custom wording, per operation and per moment. */
export type Messages = {
  readonly [operation in OperationType]?: { readonly [moment in MessageKind]?: Message };
};

const words: { readonly [operation in OperationType]: readonly [string, string, string] } = {
  create: ["Creating", "created", "create"],
  update: ["Saving", "saved", "save"],
  patch: ["Saving", "saved", "save"],
  delete: ["Deleting", "deleted", "delete"],
};

export interface Wording {
  readonly operation: OperationType;
  readonly moment: MessageKind;
  readonly messages?: Messages | undefined;
}

export function wordMessage(
  { operation, moment, messages }: Wording,
  subject: MessageSubject,
): string {
  const custom = messages?.[operation]?.[moment];
  if (custom !== undefined) return typeof custom === "string" ? custom : custom(subject);
  const [doing, done, verb] = words[operation];
  const what = `${subject.kind} ${subject.name}`;
  if (moment === "loading") return `${doing} ${what}`;
  if (moment === "success") return `${what} ${done}`;
  return `Could not ${verb} ${what}: ${subject.error?.message ?? "unknown error"}`;
}
