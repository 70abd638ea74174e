import { expect, test } from "vitest";
import { greeting } from "./greeting";

test("the first name is greeted by the time of day", () => {
  expect(greeting("Amélia Ferreira-Novák", 9)).toBe("Good morning, Amélia");
  expect(greeting("李明澤", 13)).toBe("Good afternoon, 李明澤");
  expect(greeting("Amélia", 23)).toBe("Good evening, Amélia");
  expect(greeting("Amélia", 2)).toBe("Good evening, Amélia");
});
