/* Window "door". Welcome, a new wallet, restore, unlock: everything before a wallet is open. */
import { mount } from "svelte";
import "./design/design.css";
import DoorApp from "./shell/DoorApp.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");
mount(DoorApp, { target });
