import { useState } from "react";

/** A switch that this browser remembers; where storage is blocked, it lasts as long as the page. */
export function useStoredFlag(key: string): [boolean, (value: boolean) => void] {
  const [flag, setFlag] = useState(() => {
    try {
      return localStorage.getItem(key) === "true";
    } catch {
      return false;
    }
  });
  return [
    flag,
    (value) => {
      setFlag(value);
      try {
        localStorage.setItem(key, String(value));
      } catch {
        // The state above already holds it.
      }
    },
  ];
}
