import { useEffect, useRef, useState } from "react";
import { useFairlead } from "./context.js";

/**
 * Keeps a form's input when the session ends and the browser is led to sign in again.
 *
 *   const kept = useKeptInput("createCodebase", () => form.getValues());
 *
 * Returns what was kept, on the first render after that; else undefined. Check it before use: it comes from the
 * tab's storage. `read` must give plain data, and no secrets.
 */
export function useKeptInput(form: string, read: () => unknown): unknown {
  const { kept } = useFairlead();
  const [found] = useState(() => kept.find(form));
  const latest = useRef(read);
  useEffect(() => {
    latest.current = read;
  });
  useEffect(() => {
    kept.drop(form);
    return kept.register(form, () => latest.current());
  }, [kept, form]);
  return found;
}
