/* The program below, for real. With the generated bindings, the only place that knows Tauri. */
import { Channel } from "@tauri-apps/api/core";
import { getCurrentWebviewWindow } from "@tauri-apps/api/webviewWindow";
import { commands, events, type FetchProgress, type Problem } from "../bindings";
import { bad, good, type Answer, type Backend, type Unlisten } from ".";

type Typed<T> = { status: "ok"; data: T } | { status: "error"; error: Problem };

/** A refusal by the window system itself (a command that this window may not call) comes as text, not as a problem. */
async function answer<T>(asked: Promise<Typed<T>>): Promise<Answer<T>> {
  try {
    const came = await asked;
    if (came.status === "ok") return good(came.data);
    const error: unknown = came.error;
    return isProblem(error) ? { ok: false, problem: error } : bad("internal", String(error));
  } catch (error) {
    return bad("internal", String(error));
  }
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === "object" && value !== null && "code" in value && "detail" in value;

function listening(begun: Promise<Unlisten>): Unlisten {
  let stopped = false;
  void begun.then((stop) => {
    if (stopped) stop();
  });
  return () => {
    stopped = true;
    void begun.then((stop) => {
      stop();
    });
  };
}

const windowLabel = (): Backend["window"] => {
  const label = getCurrentWebviewWindow().label;
  return label === "door" || label === "words" || label === "sample" ? label : "main";
};

type Ask = (...args: unknown[]) => Promise<Typed<unknown>>;

/** Every command, its answer turned into one of ours. */
const asked = Object.fromEntries(
  Object.entries(commands).map(([name, command]) => [name, (...args: unknown[]) => answer((command as Ask)(...args))]),
) as unknown as Backend;

export const tauriBackend: Backend = {
  ...asked,
  window: windowLabel(),
  fetchRecord(id, onProgress) {
    const channel = new Channel<FetchProgress>();
    channel.onmessage = onProgress;
    return answer(commands.fetchRecord(id, channel));
  },
  onCheck: (listener) => listening(events.checkEvent.listen((event) => listener(event.payload))),
  onSettings: (listener) => listening(events.settingsChanged.listen((event) => listener(event.payload.settings))),
};
