import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { compileMessages } from "./messages/compile.js";

/** Compiles the catalogues before anything imports them, and again whenever one is saved during development. */
function messages(): Plugin {
  return {
    name: "messages",
    async buildStart() {
      await compileMessages();
    },
    async hotUpdate({ file }) {
      if (!/\/messages\/(en|es)\.json$/.test(file)) return;
      // A catalogue caught half-way through being saved is compiled at its next change.
      await compileMessages().catch((error: unknown) => this.warn(String(error)));
    },
  };
}

/* One entry for each window. The windows have different rights, so none loads another's code. */
const input = { index: "index.html", door: "door.html", words: "words.html" };

export default defineConfig({
  plugins: [messages(), svelte(), svelteTesting()],
  clearScreen: false,
  server: { port: 1420, strictPort: true, host: "127.0.0.1" },
  build: {
    target: "safari16.4",
    assetsInlineLimit: 0,
    sourcemap: false,
    modulePreload: { polyfill: false },
    rolldownOptions: { input },
  },
  test: { environment: "happy-dom", include: ["{src,eslint}/**/*.test.ts"], restoreMocks: true },
});
