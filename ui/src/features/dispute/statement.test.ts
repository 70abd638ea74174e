import { expect, test } from "vitest";
import { faultOf } from "./statement";

test("nothing but blanks says nothing", () => {
  expect(faultOf(" \n\t\n")).toBe("empty");
  expect(faultOf("Not my dose.")).toBeNull();
});

test("twelve lines are taken, thirteen are not; empty lines do not count", () => {
  expect(faultOf(Array(12).fill("wrong").join("\n\n"))).toBeNull();
  expect(faultOf(Array(13).fill("wrong").join("\n"))).toBe("too_long");
});

test("a long line is cut between words at 255 bytes", () => {
  // 127 letters, a blank and 127 more are 255 bytes: exactly one paragraph.
  const line = `${"a".repeat(127)} ${"b".repeat(127)}`;
  expect(faultOf(Array(12).fill(line).join(" "))).toBeNull();
  expect(faultOf(`${Array(12).fill(line).join(" ")} c`)).toBe("too_long");
});

test("letters with accents take more room, and a word that nobody can cut is too long", () => {
  expect(faultOf("ñ".repeat(127))).toBeNull();
  expect(faultOf("ñ".repeat(128))).toBe("too_long");
});
