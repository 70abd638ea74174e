/* Window "door". Welcome, a new wallet, restore, unlock: everything before a wallet is open. */
import { mount } from "svelte";
import "./design/design.css";
import { applySettings } from "./features/appearance/appearance.svelte";
import { openBackend } from "./shell/backend";
import DoorApp from "./shell/DoorApp.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");
const backend = await openBackend("door");
await applySettings(backend);
mount(DoorApp, { target, props: { backend } });
