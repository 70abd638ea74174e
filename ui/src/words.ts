/* Window "words". Shows and checks the recovery words, in a window of its own with rights of its own. */
import { mount } from "svelte";
import "./design/design.css";
import WordsApp from "./shell/WordsApp.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");
mount(WordsApp, { target });
