// Runs before the first paint, so that a dark page never flashes white. A file rather than an
// inline script: a strict Content-Security-Policy then needs no hash or nonce.
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem("portal.theme");
  } catch {
    // Storage may be blocked; the system's preference then decides.
  }
  const dark =
    choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
})();
