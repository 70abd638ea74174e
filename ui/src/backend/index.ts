/*
 * What pages may ask of the program below, as an interface: the real one (tauri.ts) and one of invented people
 * (fake/) obey it. Pages never see a transport; a problem is a value, not an exception.
 */
import type { CheckEvent, commands, FetchProgress, Problem, Settings } from "../bindings";

export type * from "../bindings";
export { EVERY_LOOK, EVERY_RECORD } from "./filters";

/** What came of a question. */
export type Answer<T> = { ok: true; value: T } | { ok: false; problem: Problem };

type Commands = typeof commands;
type Given<R> = R extends Promise<infer S> ? (S extends { status: "ok"; data: infer T } ? T : never) : never;
type Asked = {
  [K in Exclude<keyof Commands, "fetchRecord">]: (
    ...args: Parameters<Commands[K]>
  ) => Promise<Answer<Given<ReturnType<Commands[K]>>>>;
};

/** Stops listening. */
export type Unlisten = () => void;

/** The program below. */
export interface Backend extends Asked {
  /** Fetches and verifies a copy; `onProgress` is told how far it is. */
  fetchRecord(
    id: string,
    onProgress: (progress: FetchProgress) => void,
  ): Promise<Answer<Given<ReturnType<Commands["fetchRecord"]>>>>;
  /** Tells of every check of the ledger. */
  onCheck(listener: (event: CheckEvent) => void): Unlisten;
  /** Tells of settings that changed, in whichever window. */
  onSettings(listener: (settings: Settings) => void): Unlisten;
  /** Which window this page is in; "sample" has invented people behind it. */
  readonly window: "door" | "main" | "words" | "sample";
}

export const good = <T>(value: T): Answer<T> => ({ ok: true, value });

export const bad = (code: Problem["code"], detail: string): Answer<never> => ({ ok: false, problem: { code, detail } });
