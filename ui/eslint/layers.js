/*
 * Enforces how the folders of src may import one another:
 *
 *   bindings → backend → domain → features → views → shell → the windows' entries
 *   messages and design stand beside: design knows messages alone, messages knows nothing, the others may use both.
 *
 * Only backend and bindings may speak to the desktop (`@tauri-apps/*`), and one feature never imports another. Types of
 * the bindings may be imported anywhere above them: they are names of data, not a way to act.
 */
import path from "node:path";

const MAY_IMPORT = {
  bindings: [],
  messages: [],
  design: ["messages"],
  backend: ["bindings"],
  domain: ["backend", "design", "messages"],
  features: ["domain", "backend", "design", "messages"],
  views: ["features", "domain", "backend", "design", "messages"],
  shell: ["views", "features", "domain", "backend", "design", "messages"],
  entry: ["shell", "features", "design", "messages", "backend"],
};

/** @param {string} file @param {string} src */
function place(file, src) {
  const [folder, ...rest] = path.relative(src, file).split(path.sep);
  if (folder === undefined || folder === "..") return null;
  if (rest.length === 0) return { layer: "entry", feature: null };
  return { layer: folder, feature: folder === "features" ? rest[0] : null };
}

/** @type {import("eslint").Rule.RuleModule} */
export const layers = {
  meta: { type: "problem", schema: [{ type: "object", properties: { src: { type: "string" } } }] },
  create(context) {
    const src = context.options[0].src;
    const from = place(context.filename, src);
    if (!from) return {};

    /** @param {any} node */
    function check(node) {
      const source = node.source?.value;
      if (typeof source !== "string") return;
      if (source.startsWith("@tauri-apps/") && from.layer !== "backend" && from.layer !== "bindings") {
        context.report({ node, message: "Only src/backend and src/bindings may import @tauri-apps." });
        return;
      }
      if (!source.startsWith(".")) return;
      const to = place(path.resolve(path.dirname(context.filename), source), src);
      if (!to || to.layer === "entry") return;
      if (to.layer === from.layer) {
        if (to.feature !== from.feature) context.report({ node, message: "One feature must not import another." });
        return;
      }
      if (to.layer === "bindings" && node.importKind === "type" && !["design", "messages"].includes(from.layer)) return;
      if (!MAY_IMPORT[from.layer]?.includes(to.layer))
        context.report({ node, message: `src/${from.layer} must not import from src/${to.layer}.` });
    }
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};
