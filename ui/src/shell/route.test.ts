import { expect, test } from "vitest";
import { routeKey, Router } from "./route.svelte.ts";

test("one goes back the way one came", () => {
  const router = new Router();
  router.go({ name: "records" });
  router.go({ name: "record", id: "r1" });
  expect(router.current).toEqual({ name: "record", id: "r1" });
  router.back();
  expect(router.current).toEqual({ name: "records" });
  router.back();
  router.back();
  expect(router.current).toEqual({ name: "home" });
});

test("going where one is adds no step", () => {
  const router = new Router();
  router.go({ name: "record", id: "r1" });
  router.go({ name: "record", id: "r1" });
  router.back();
  expect(router.current).toEqual({ name: "home" });
});

test("another record is another place", () => {
  expect(routeKey({ name: "record", id: "a" })).not.toBe(routeKey({ name: "record", id: "b" }));
});

test("the list of some records is another place than that of all", () => {
  const router = new Router();
  router.go({ name: "records", badge: "does_not_match" });
  router.go({ name: "records" });
  expect(router.current).toEqual({ name: "records" });
  router.back();
  expect(router.current).toEqual({ name: "records", badge: "does_not_match" });
});

test("a locked wallet forgets where one was", () => {
  const router = new Router();
  router.go({ name: "record", id: "r1" });
  router.reset();
  expect(router.current).toEqual({ name: "home" });
  expect(router.canGoBack).toBe(false);
});
