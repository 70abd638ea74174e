/* A day put together from its parts, as the first second of that day in UTC, which is how the ledger counts. Pure. */

export type Due = { fault: "missing" | "none" | "past" } | { due: number };

/** Year, month (1 to 12) and day as they were chosen; empty where nothing was. */
export function dueOf(year: string, month: string, day: string, now: number): Due {
  if (year === "" || month === "" || day === "") return { fault: "missing" };
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  // 31 April rolls over to May: it is no day.
  if (date.getUTCMonth() !== Number(month) - 1) return { fault: "none" };
  const due = date.getTime() / 1000;
  return due <= now ? { fault: "past" } : { due };
}
