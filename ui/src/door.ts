/* Window "door". Welcome, a new wallet, restore, unlock: everything before a wallet is open. */
import { mount } from "svelte";
import "./design/design.css";
import { follow } from "./features/appearance/appearance.svelte";
import { openBackend } from "./shell/backend";
import DoorApp from "./shell/DoorApp.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");
const backend = await openBackend("door");
// Before anything is drawn, so that nothing flickers in another language or theme.
const unfollow = await follow(backend);
unfollow();
mount(DoorApp, { target, props: { backend } });
