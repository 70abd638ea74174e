import { describe, expect, it } from "vitest";
import type { GuardiansView } from "../../backend";
import { guardiansFault, together, wholeDays } from "./words";

const provider = (name: string) => ({ address: name, name, place: "" });
const guardians = (name: string, threshold: number): GuardiansView => ({
  provider: provider(name),
  guardians: [{ name: "Ines", approved: false }],
  threshold,
  delay_days: 14,
  recovery: false,
  recovery_due: null,
});

describe("helpers", () => {
  it("takes whole days within bounds only", () => {
    expect([wholeDays("30", 100), wholeDays(" 100 ", 100)]).toEqual([30, 100]);
    expect(["0", "101", "-1", "1.5", "", "ten"].map((text) => wholeDays(text, 100))).toEqual([
      null,
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it("says the same guardians once, and others apart", () => {
    const groups = together([guardians("a", 2), guardians("b", 2), guardians("c", 3)]);
    expect(groups.map(({ providers }) => providers.map(({ name }) => name))).toEqual([["a", "b"], ["c"]]);
  });

  it("wants two different codes at least", () => {
    expect(guardiansFault([{ code: "mrhelp1a", name: "" }])).toBe("few");
    expect(
      guardiansFault([
        { code: "mrhelp1a", name: "" },
        { code: " ", name: "" },
      ]),
    ).toBe("few");
    expect(
      guardiansFault([
        { code: "mrhelp1a", name: "" },
        { code: "MRHELP1A ", name: "" },
      ]),
    ).toBe("twice");
    expect(
      guardiansFault([
        { code: "mrhelp1a", name: "" },
        { code: "mrhelp1b", name: "" },
      ]),
    ).toBeNull();
  });
});
