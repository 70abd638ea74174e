/* Window "main": the open wallet. Window "sample": the same pages over invented people. */
import { mount } from "svelte";
import "./design/design.css";
import { applySettings } from "./features/appearance/appearance.svelte";
import { openBackend } from "./shell/backend";
import WalletApp from "./shell/WalletApp.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");
const backend = await openBackend("main");
const [session] = await Promise.all([backend.session(), applySettings(backend)]);
mount(WalletApp, { target, props: { backend, session } });
