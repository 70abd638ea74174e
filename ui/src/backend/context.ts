/* How components reach the program below: one context, set where the window's page begins. */
import { getContext, setContext } from "svelte";
import type { Backend } from ".";

const KEY = Symbol("backend");

export const provideBackend = (backend: Backend): Backend => setContext(KEY, backend);

export const useBackend = (): Backend => getContext<Backend>(KEY);
