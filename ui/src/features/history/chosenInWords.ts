/* What of a history is shown, in one sentence. */
import type { ProviderView } from "../../backend";
import { fullName } from "../../domain/terms";
import { day } from "../../messages/format.ts";
import { m } from "../../messages/index.svelte.ts";
import type { Choice } from "./choice.svelte";

/** With whom, and from when until when; empty where everything is shown. */
export function chosenInWords(choice: Choice, providers: readonly ProviderView[]): string {
  const { since, until } = choice.request();
  const provider = providers.find(({ address }) => address === choice.provider);
  const words = provider ? [m.history_chosen_with({ provider: fullName(provider) })] : [];
  if (since !== null && until !== null) words.push(m.history_chosen_between({ since: day(since), until: day(until) }));
  else if (since !== null) words.push(m.history_chosen_since({ since: day(since) }));
  else if (until !== null) words.push(m.history_chosen_until({ until: day(until) }));
  return words.join(" ");
}
