import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import { fileURLToPath } from "node:url";
import { layers } from "./eslint/layers.js";
import svelteConfig from "./svelte.config.js";

const here = fileURLToPath(new URL(".", import.meta.url));

export default ts.config(
  { ignores: ["dist", "src/bindings", "src/messages/generated", "gallery/shots"] },
  { languageOptions: { globals: { ...globals.browser } } },
  { files: ["*.js", "*.ts", "eslint/**", "messages/**", "gallery/*.mjs"], languageOptions: { globals: globals.node } },
  {
    files: ["**/*.ts", "**/*.svelte"],
    extends: [ts.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: here, extraFileExtensions: [".svelte"] },
    },
    plugins: { wallet: { rules: { layers } } },
    rules: {
      "wallet/layers": ["error", { src: `${here}src` }],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-floating-promises": "error",
      // Props are destructured together; some of them are bindable.
      "prefer-const": ["error", { destructuring: "all" }],
      // `void check.revision` in an effect reads it, so that the effect runs again when it changes.
      "@typescript-eslint/no-meaningless-void-operator": "off",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `() => doThis()` reads well in handlers.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "svelte/no-at-html-tags": "error",
      // The content policy refuses style attributes.
      "svelte/no-inline-styles": "error",
      "svelte/button-has-type": "error",
    },
  },
  ...svelte.configs.recommended,
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: {
      parserOptions: { parser: ts.parser, projectService: true, extraFileExtensions: [".svelte"], svelteConfig },
    },
    rules: {
      // A $bindable's default looks like an assignment nobody reads.
      "@typescript-eslint/no-useless-default-assignment": "off",
      // $props are written with let when one of them can be bound.
      "prefer-const": "off",
      "svelte/prefer-const": ["error", { destructuring: "all", excludedRunes: ["$props", "$derived"] }],
    },
  },
);
