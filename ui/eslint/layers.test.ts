// @vitest-environment node
import { Linter } from "eslint";
import { describe, expect, test } from "vitest";
import ts from "typescript-eslint";
import { layers } from "./layers.js";

function found(file: string, code: string): string[] {
  const linter = new Linter({ cwd: "/repo" });
  const config = {
    files: ["**/*.ts"],
    languageOptions: { parser: ts.parser },
    plugins: { wallet: { rules: { layers } } },
    rules: { "wallet/layers": ["error", { src: "/repo/src" }] },
  } satisfies Linter.Config;
  return linter.verify(code, config, `/repo/src/${file}`).map(({ message }) => message);
}

describe("refused", () => {
  test.each([
    ["design/Button.ts", 'import { a } from "../features/door/door.ts";'],
    ["design/Button.ts", 'import type { A } from "../bindings/index.ts";'],
    ["messages/format.ts", 'import { a } from "../design/index.ts";'],
    ["features/door/door.ts", 'import { a } from "../access/access.ts";'],
    ["features/door/parts/deep.ts", 'export { a } from "../../access/access.ts";'],
    ["features/door/door.ts", 'import { a } from "../../views/HomeView.ts";'],
    ["features/door/door.ts", 'import { commands } from "../../bindings/index.ts";'],
    ["views/HomeView.ts", 'import { go } from "../shell/route.svelte.ts";'],
    ["views/HomeView.ts", 'import { invoke } from "@tauri-apps/api/core";'],
    ["shell/backend.ts", 'const a = import("@tauri-apps/api/core");'],
    ["backend/tauri.ts", 'import { m } from "../features/door/door.ts";'],
  ])("%s: %s", (file, code) => expect(found(file, code)).toHaveLength(1));
});

describe("allowed", () => {
  test.each([
    ["design/Field.ts", 'import { m } from "../messages/index.svelte.ts"; import { b } from "./Button.ts";'],
    ["backend/tauri.ts", 'import { invoke } from "@tauri-apps/api/core"; import { c } from "../bindings/index.ts";'],
    ["features/door/parts/deep.ts", 'import { a } from "../door.ts"; import { b } from "../../../design/index.ts";'],
    [
      "views/HomeView.ts",
      'import { a } from "../features/door/door.ts"; import type { V } from "../bindings/index.ts";',
    ],
    ["shell/MainApp.ts", 'import Home from "../views/HomeView.svelte";'],
    ["main.ts", 'import Main from "./shell/MainApp.svelte"; import "./design/design.css";'],
  ])("%s: %s", (file, code) => expect(found(file, code)).toEqual([]));
});
