/* Window "main". The open wallet. */
import { mount } from "svelte";
import "./design/design.css";
import MainApp from "./shell/MainApp.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");
mount(MainApp, { target });
