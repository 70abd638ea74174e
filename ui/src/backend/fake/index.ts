/*
 * Invented people: everything that pages can ask, answered from memory. Behind the "look around" window, and under tests
 * of pages. Nothing here talks to anything, and nothing real can be reached from it.
 */
import type { CheckEvent, Problem, Settings, SyncReport } from "../../bindings";
import { bad, good, type Answer, type Backend } from "..";
import { actingBackend } from "./acting";
import { ActDesk } from "./acts";
import { FakeHelpers } from "./helpers";
import { FakeHelping } from "./helping";
import { FakeHistory } from "./history";
import { FakeRules } from "./rules";
import { ShareDesk } from "./share";
import { stopped } from "./sentences";
import { digits, FAKE_PASSPHRASE, HOSPITAL, OTHER_HOSPITAL } from "./town";
import { FakeWallet, person, type FakeOptions } from "./wallet";

export type { FakeOptions } from "./wallet";

export { FAKE_PASSPHRASE } from "./town";

export const FAKE_WORDS =
  "abandon ability able about above absent absorb abstract absurd abuse access accident account accuse achieve acid acoustic acquire across act action actor actress actual".split(
    " ",
  );

const AWAY: Problem = { code: "node_away", detail: "No ledger node answers at https://node.example." };
const CODE = /^mrenrol1[a-z0-9]{8,}$/;
const MAX_PAGE = 100;

export function fakeBackend(options: FakeOptions = {}): Backend {
  const wallet = new FakeWallet(options);
  const helping = new FakeHelping(wallet);
  return actingBackend(world(options, wallet, helping), helping, (helped) => {
    const { failed: _, ...given } = { ...options, helped };
    const theirs = new FakeWallet(given);
    Object.defineProperty(theirs, "settings", { get: () => wallet.settings });
    return world(given, theirs, helping);
  });
}

/** One wallet, and everything that can be asked about it. */
function world(options: FakeOptions, wallet: FakeWallet, helping: FakeHelping): Backend {
  const desk = new ShareDesk(wallet);
  const helpers = new FakeHelpers(wallet);
  const rules = new FakeRules(wallet);
  const history = new FakeHistory(wallet);
  const acts = new ActDesk(
    wallet,
    { ...helpers.rules, ...helping.rules, ...rules.rules },
    options.helped && {
      refuses: (act) => helping.refuses(act),
      forWhom: () => helping.forWhom(),
    },
  );
  const checks = new Set<(event: CheckEvent) => void>();
  const changes = new Set<(settings: Settings) => void>();
  const fetching = new Set<string>();
  const wait = (milliseconds = options.delay ?? 0) => new Promise<void>((done) => setTimeout(done, milliseconds));
  const give = async <T>(value: T): Promise<Answer<T>> => {
    await wait();
    return good(value);
  };
  const done = () => give(null);
  const away = () => bad(AWAY.code, AWAY.detail);
  const page = <T>(rows: T[], after: string | null, limit: number | null) => {
    const from = Number(after ?? 0);
    const to = from + (limit ?? MAX_PAGE);
    return { rows: rows.slice(from, to), next: to < rows.length ? String(to) : null };
  };
  const tell = (event: CheckEvent) => {
    for (const listener of checks) listener(event);
  };
  const check = async () => {
    tell({ state: "started" });
    tell({ state: "running", progress: { step: "relationship", provider: HOSPITAL.name, done: 12, total: 31 } });
    await wait();
    if (options.offline) tell({ state: "failed", problem: AWAY });
    else if (options.lies)
      tell({
        state: "failed",
        problem: { code: "verification_failed", detail: "The node left out entry 12 of a log." },
      });
    else tell({ state: "done", report: report(wallet.now()) });
  };

  return {
    window: options.window ?? "main",
    ...helpers.commands,
    ...helping.commands,
    ...rules.commands,
    ...history.commands,
    proposeAct: async (act) => {
      await wait();
      return acts.propose(act);
    },
    signAct: async (id) => {
      await wait();
      return acts.sign(id, options.offline === true);
    },
    people: () =>
      give(options.empty ? [] : [person(), { id: digits("eleni", 32), label: "Ελένη Σταθοπούλου", problem: null }]),
    passphraseStrength: (passphrase) =>
      give(
        passphrase.length < 8
          ? "too_short"
          : passphrase.split(" ").length >= 5
            ? "very_strong"
            : passphrase.length < 12
              ? "weak"
              : "strong",
      ),
    suggestPassphrase: () => give(FAKE_PASSPHRASE),
    createWallet: done,
    restoreWallet: async (_label, _passphrase, words) => {
      await wait();
      return checkWords(words);
    },
    checkWords: async (words) => {
      await wait();
      return checkWords(words);
    },
    unlock: async (_person, passphrase) => {
      await wait();
      return passphrase === FAKE_PASSPHRASE
        ? good(null)
        : bad("wrong_passphrase", "The passphrase does not open this vault.");
    },
    lookAround: done,
    leaveSample: done,
    showWords: async (passphrase) => {
      await wait();
      return passphrase === FAKE_PASSPHRASE
        ? good(null)
        : bad("wrong_passphrase", "The passphrase does not open this vault.");
    },
    wordsShown: () => give(FAKE_WORDS),
    askWords: () =>
      give(
        [4, 11, 19].map((position) => ({
          position,
          choices: ["zebra", FAKE_WORDS[position - 1] ?? "", "yellow", "wolf"],
        })),
      ),
    answerWords: async (answers) => {
      await wait();
      const right = [3, 10, 18].every((at, index) => answers[index] === FAKE_WORDS[at]);
      if (right) wallet.wordsChecked = wallet.now();
      return good(right);
    },
    wordsDone: done,
    settings: () => give(wallet.settings),
    changeSettings: async (settings) => {
      wallet.settings = settings;
      for (const listener of changes) listener(settings);
      await wait();
      return good(null);
    },
    session: () => {
      const helped = helping.helped.find(({ number }) => number === helping.now);
      return give(
        helped
          ? {
              person: { ...person(), label: helped.label },
              helping: { number: helped.number, helper: person().label },
              notices: [],
            }
          : { person: person(), helping: null, notices: [] },
      );
    },
    changePassphrase: async (old) => {
      await wait();
      return old === FAKE_PASSPHRASE ? good(null) : bad("wrong_passphrase", "The passphrase does not open this vault.");
    },
    lock: done,
    stillHere: done,
    overview: () => give(wallet.overview()),
    network: () =>
      give(
        wallet.joined
          ? {
              chain_id: "saltmere-1",
              genesis_hash: digits("genesis", 64),
              nodes: ["https://node.saltmere.example"],
              freshness: wallet.freshness(),
            }
          : null,
      ),
    chooseNetworkFile: () => give(NETWORK_FILE),
    previewNetwork: async (text) => {
      await wait();
      return text.includes("chain_id")
        ? good({
            chain_id: "saltmere-1",
            genesis_hash: digits("genesis", 64),
            nodes: ["https://node.saltmere.example"],
          })
        : bad("invalid_input", "the network file cannot be read: expected value at line 1 column 1; ask for it again");
    },
    joinNetwork: async () => {
      await wait();
      if (options.offline) return away();
      wallet.joined = true;
      return good({
        chain_id: "saltmere-1",
        genesis_hash: digits("genesis", 64),
        nodes: ["https://node.saltmere.example"],
        freshness: wallet.freshness(),
      });
    },
    providers: (search) => give(wallet.providers(search)),
    previewEnrolment: async (code) => {
      await wait();
      if (!CODE.test(code.trim()))
        return bad("invalid_input", "This is not an enrolment code: it begins with mrenrol1.");
      return good({ provider: OTHER_HOSPITAL, endpoint: "https://gatekeeper.example", expires: wallet.now() + 3600 });
    },
    enrol: async () => {
      await wait();
      if (options.offline) return away();
      wallet.enrolled.add(OTHER_HOSPITAL.address);
      return good(wallet.provider(OTHER_HOSPITAL));
    },
    checkNow: async () => {
      void check();
      await wait();
      return good(null);
    },
    cancelCheck: async () => {
      tell({ state: "stopped" });
      await wait();
      return good(null);
    },
    pending: () => give(wallet.failed),
    proposeAgain: async (tx) => {
      await wait();
      const failed = wallet.failed.find(({ id }) => id === tx);
      return failed ? desk.again(failed) : bad("not_found", "There is no such message to the ledger.");
    },
    signAgain: async (id) => {
      await wait(options.delay ?? 0);
      return desk.signAgain(id);
    },
    forgetPending: (tx) => {
      wallet.failed = wallet.failed.filter(({ id }) => id !== tx);
      return give(null);
    },
    unreadable: () => give([]),
    records: (filter, { after, limit }) => give(page(wallet.find(filter), after, limit)),
    countRecords: (filter) => give(wallet.find(filter).length),
    markRecordsSeen: () => {
      wallet.seenNew = true;
      return done();
    },
    record: async (id) => {
      await wait();
      const found = wallet.record(id);
      return found ? good(found) : bad("not_found", `There is no such record: ${id}.`);
    },
    summary: (id) => give(wallet.lines.get(id) ?? []),
    picture: async (id) => {
      await wait();
      const found = wallet.record(id);
      return good(found?.media_type === "image/png" && found.has_copy ? PICTURE : null);
    },
    fetchRecord: async (id, onProgress) => {
      const found = wallet.records.find((record) => record.id === id);
      if (!found) return bad("not_found", `There is no such record: ${id}.`);
      if (options.offline) return bad("provider_away", `${found.provider.name} does not answer.`);
      fetching.add(id);
      for (const part of [0, 0.4, 0.8, 1]) {
        onProgress({ received: Math.floor(found.size * part), size: found.size });
        await wait();
        if (!fetching.has(id)) return bad("cancelled", "Stopped. What was done so far is kept.");
      }
      fetching.delete(id);
      if (found.badge === "does_not_match")
        return bad("copy_does_not_match", "This copy is not the record that the ledger knows. It was thrown away.");
      found.badge = "verified";
      found.has_copy = true;
      return good({
        id,
        title: found.title,
        size: found.size,
        commitment: digits(id, 64),
        fetched_now: true,
        took_ms: 42,
      });
    },
    cancelFetch: (id) => {
      fetching.delete(id);
      return done();
    },
    saveCopy: (id) => give(`/home/amelia/Documents/${wallet.record(id)?.title ?? id}.pdf`),
    proposeShare: async (request) => {
      await wait();
      return desk.propose(request);
    },
    proposeAnswer: async (request, less) => {
      await wait();
      return desk.answer(request, less);
    },
    signProposal: async (id) => {
      await wait();
      return desk.sign(id, options.offline === true);
    },
    dropProposal: async (id) => {
      await wait();
      acts.drop(id);
      return desk.drop(id);
    },
    sharing: (endedToo) => give(wallet.sharing(endedToo)),
    stop: async (target) => {
      await wait();
      const hit = wallet.grants.filter(
        (grant) =>
          grant.stoppedAt === null &&
          (target === "everything" ||
            target.provider === grant.grantee.address ||
            target.share === grant.share ||
            target.grant === grant.id),
      );
      if (hit.length === 0) return bad("expired", "This is over or was stopped already.");
      for (const grant of hit) grant.stoppedAt = wallet.now();
      const copies = hit.reduce((sum, grant) => sum + grant.copies, 0);
      const last = hit.reduce<number | null>(
        (newest, grant) => Math.max(newest ?? 0, grant.lastUsed ?? 0) || null,
        null,
      );
      const who = [...new Set(hit.map((grant) => `${grant.grantee.name} (${grant.grantee.place})`))].join(", ");
      return good({
        grants: hit.map((grant) => ({
          grant: grant.id,
          provider: grant.publisher,
          tx: digits(grant.id, 64),
          progress: "on_ledger",
          reason: null,
        })),
        copies_taken: copies,
        last_copy_at: last,
        sentences: stopped(wallet.settings.language, who, copies, last),
      });
    },
    requests: (answeredToo) => give(wallet.requestViews(answeredToo)),
    decline: async (id) => {
      await wait();
      const request = wallet.requests.find((one) => one.id === id);
      if (!request) return bad("not_found", `There is no such request: ${id}.`);
      request.state = "declined";
      return good("on_ledger");
    },
    accessLog: (filter, { after, limit }) =>
      give(
        page(
          wallet.looks.filter(
            (look) =>
              (filter.recipient === null || look.recipient?.address === filter.recipient) &&
              (filter.publisher === null || look.publisher.address === filter.publisher) &&
              (filter.since === null || look.at >= filter.since) &&
              (filter.until === null || look.at <= filter.until) &&
              (!filter.suspicious_only || look.suspicion !== null),
          ),
          after,
          limit,
        ),
      ),
    copyShareCode: done,
    onCheck: (listener) => {
      checks.add(listener);
      if (wallet.joined) void wait().then(check);
      return () => checks.delete(listener);
    },
    onSettings: (listener) => {
      changes.add(listener);
      return () => changes.delete(listener);
    },
  };
}

const NETWORK_FILE = `{"chain_id": "saltmere-1", "genesis_hash": "${digits("genesis", 64)}", "nodes": ["https://node.saltmere.example"]}`;

/** A grey dot: one pixel is enough to see that a picture is shown. */
const PICTURE = {
  width: 1,
  height: 1,
  png_base64: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
};

function checkWords(words: string): Answer<null> {
  const typed = words.trim().toLowerCase().split(/\s+/);
  const unknown = typed.find((word) => !FAKE_WORDS.includes(word));
  if (typed.length !== FAKE_WORDS.length)
    return bad("invalid_input", `Recovery words are 24, these are ${String(typed.length)}.`);
  return unknown === undefined
    ? good(null)
    : bad(
        "invalid_input",
        `Word ${String(typed.indexOf(unknown) + 1)}, '${unknown}', is not one of the recovery words.`,
      );
}

const report = (now: number): SyncReport => ({
  height: 4711,
  head_time: now - 3,
  stale_seconds: null,
  relationships: 4,
  entries: 0,
  new_records: 0,
  new_versions: 0,
  new_requests: 0,
  new_lookups: 0,
  new_providers: 0,
  waiting_for_keys: 0,
  unreadable: 0,
  restored: 0,
  enrolled: [],
  enrolments_refused: [],
  confirmed: 0,
  pending: [],
  witnesses: [],
  notices: [],
  took_ms: 84,
});
