import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => {
  const server = loadEnv(mode, ".", "PORTAL_")["PORTAL_SERVER"] ?? "http://127.0.0.1:8000";
  return {
    plugins: [react(), tailwindcss()],
    resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
    server: {
      host: "127.0.0.1",
      proxy: { "/trpc": { target: server, ws: true } },
    },
    build: { target: "es2022", reportCompressedSize: true },
    test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"] },
  };
});
