/*
 * Turns the catalogues into typed functions in src/messages/generated. Everything comes from this folder and from
 * node_modules: the compiler fetches nothing and reports nothing.
 */
import { compile } from "@inlang/paraglide-js";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { pseudoCatalogue } from "./pseudo.js";

/** @param {string} relative */
const here = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** What the output depends on. Equal to the stamp: nothing to do, so that two builds at a time do not meet here. */
async function fingerprint() {
  const hash = createHash("sha256");
  const inputs = [
    "en.json",
    "es.json",
    "pseudo.js",
    "compile.js",
    "project.inlang/settings.json",
    "../package-lock.json",
  ];
  for (const input of inputs) hash.update(await readFile(here(input)));
  return hash.digest("hex");
}

export async function compileMessages() {
  const stamp = here("../src/messages/generated/stamp");
  const wanted = await fingerprint();
  if ((await readFile(stamp, "utf8").catch(() => "")) === wanted) return;

  const english = /** @type {Record<string, unknown>} */ (JSON.parse(await readFile(here("en.json"), "utf8")));
  await writeFile(here("qps.json"), JSON.stringify(pseudoCatalogue(english), null, 2) + "\n");
  await compile({
    project: here("project.inlang"),
    outdir: here("../src/messages/generated"),
    // Where the language comes from is settled in src/messages/index.svelte.ts, never by a cookie or an address.
    strategy: ["globalVariable", "baseLocale"],
    cleanOutdir: false,
    emitGitIgnore: false,
    emitPrettierIgnore: false,
    emitReadme: false,
    isServer: "false",
  });
  await writeFile(stamp, wanted);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await compileMessages();
