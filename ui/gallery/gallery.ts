/*
 * Every component on one page, for the eye and in development only: no entry of the build leads here.
 *   /gallery.html?theme=dark&size=200&language=qps&part=list
 */
import { mount } from "svelte";
import "../src/design/design.css";
import { setTextSize, setTheme, TEXT_SIZES, THEMES } from "../src/design/index.ts";
import { setLanguage } from "../src/messages/index.svelte.ts";
import Gallery from "./Gallery.svelte";

const asked = new URLSearchParams(location.search);
setTheme(THEMES.find((theme) => theme === asked.get("theme")) ?? "light");
setTextSize(TEXT_SIZES.find((size) => String(size) === asked.get("size")) ?? 100);
const language = (["en", "es", "qps"] as const).find((each) => each === asked.get("language")) ?? "en";
setLanguage(language, language === "es" ? "es-ES" : "en-GB");

const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");
mount(Gallery, { target, props: { part: asked.get("part") ?? "parts" } });
