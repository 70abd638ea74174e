/* For tests: shows a page over a program below. */
import { render } from "@testing-library/svelte";
import type { Component } from "svelte";
import type { Backend } from "../../backend";
import Given from "./Given.svelte";

export function show<Props extends Record<string, unknown>>(backend: Backend, page: Component<Props>, given: Props) {
  return render(Given, { backend, page, given });
}
