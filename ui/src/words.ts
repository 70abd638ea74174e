/* Window "words". Shows and checks the recovery words, in a window of its own with rights of its own. */
import { mount } from "svelte";
import "./design/design.css";
import { applySettings } from "./features/appearance/appearance.svelte";
import { openBackend } from "./shell/backend";
import WordsApp from "./shell/WordsApp.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");
const backend = await openBackend("words");
await applySettings(backend);
mount(WordsApp, { target, props: { backend } });
