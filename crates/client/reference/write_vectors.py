#!/usr/bin/env python3
"""Writes tests/vectors/{evidence,network-file}.json: evidence of two histories and the network file
(docs/spec/light-client.md) a second time, in another language and with another Ed25519 (the package `cryptography`),
so that the vectors do not come from the code that they check. Headers, votes and validator sets are hashed and signed as
CometBFT v0.38 does ("Core data structures", "Encoding").

    python3 crates/client/reference/write_vectors.py tests/vectors
"""

import base64
import copy
import hashlib
import json
import pathlib
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

START = 1_790_000_000  # 2026-09-21T14:13:20Z


# Protobuf, as far as it is needed.


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def number(field, value):
    return varint(field << 3) + varint(value) if value else b""


def fixed(field, value):
    return varint(field << 3 | 1) + value.to_bytes(8, "little") if value else b""


def chunk(field, value, always=False):
    return varint(field << 3 | 2) + varint(len(value)) + value if value or always else b""


def timestamp(time):
    return number(1, time[0]) + number(2, time[1])


def root(leaves):
    """RFC 6962."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + root(leaves[:split]) + root(leaves[split:])).digest()


# CometBFT's validators, headers and votes.


class Validator:
    def __init__(self, seed, power):
        self.key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.address = hashlib.sha256(self.public).digest()[:20]
        self.power = power

    def json(self):
        return {
            "address": self.address.hex().upper(),
            "pub_key": {"type": "tendermint/PubKeyEd25519", "value": base64.b64encode(self.public).decode()},
            "voting_power": str(self.power),
            "proposer_priority": "0",
        }

    def leaf(self):
        return chunk(1, chunk(1, self.public)) + number(2, self.power)


def ordered(validators):
    return sorted(validators, key=lambda one: (-one.power, one.address))


def set_hash(validators):
    return root([one.leaf() for one in ordered(validators)])


def block_id(identity):
    parts = number(1, identity["total"]) + chunk(2, identity["parts"])
    return chunk(1, identity["hash"]) + chunk(2, parts, always=True)


def header_hash(header):
    return root([
        number(1, header["block"]) + number(2, header["app"]),
        chunk(1, header["chain_id"].encode()),
        number(1, header["height"]),
        timestamp(header["time"]),
        block_id(header["last_block_id"]),
        chunk(1, header["last_commit_hash"]),
        chunk(1, header["data_hash"]),
        chunk(1, header["validators_hash"]),
        chunk(1, header["next_validators_hash"]),
        chunk(1, header["consensus_hash"]),
        chunk(1, header["app_hash"]),
        chunk(1, header["last_results_hash"]),
        chunk(1, header["evidence_hash"]),
        chunk(1, header["proposer_address"]),
    ])


def sign_bytes(chain_id, height, voted, time, round_=0):
    """A precommit in canonical form, with its length before it. No block: a vote for nil."""
    block = chunk(4, block_id(voted)) if voted else b""
    vote = number(1, 2) + fixed(2, height) + fixed(3, round_) + block
    vote += chunk(5, timestamp(time), always=True) + chunk(6, chain_id.encode())
    return varint(len(vote)) + vote


def rfc3339(time):
    import datetime

    text = datetime.datetime.fromtimestamp(time[0], datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    nanos = f".{time[1]:09d}".rstrip("0") if time[1] else ""
    return text + nanos + "Z"


def header(validators, height=7, nanos=0, chain_id="medrec-sample", app=b"\x01"):
    return {
        "block": 11, "app": 1, "chain_id": chain_id, "height": height, "time": (START + height, nanos),
        "last_block_id": {"hash": b"\x02" * 32, "total": 1, "parts": b"\x03" * 32},
        "last_commit_hash": b"\x04" * 32, "data_hash": b"\x05" * 32,
        "validators_hash": set_hash(validators), "next_validators_hash": set_hash(validators),
        "consensus_hash": b"\x06" * 32, "app_hash": app * 32, "last_results_hash": b"\x07" * 32,
        "evidence_hash": b"\x08" * 32, "proposer_address": ordered(validators)[0].address,
    }


def header_json(one):
    upper = lambda value: value.hex().upper()
    last = one["last_block_id"]
    return {
        "version": {"block": str(one["block"]), "app": str(one["app"])},
        "chain_id": one["chain_id"], "height": str(one["height"]), "time": rfc3339(one["time"]),
        "last_block_id": {"hash": upper(last["hash"]), "parts": {"total": last["total"], "hash": upper(last["parts"])}},
        **{name: upper(one[name]) for name in [
            "last_commit_hash", "data_hash", "validators_hash", "next_validators_hash", "consensus_hash", "app_hash",
            "last_results_hash", "evidence_hash", "proposer_address",
        ]},
    }


def signed(one, validators, signers, voted=None, nil=()):
    """The header with the votes of `signers`; those of `nil` vote for no block; the others are absent."""
    identity = {"hash": header_hash(one), "total": 1, "parts": b"\x09" * 32}
    voted = voted or identity
    votes = []
    for validator in ordered(validators):
        time = (one["time"][0] + 1, 0)
        if validator in signers or validator in nil:
            block = voted if validator in signers else None
            signature = validator.key.sign(sign_bytes(one["chain_id"], one["height"], block, time))
            votes.append({
                "block_id_flag": 2 if block else 3, "validator_address": validator.address.hex().upper(),
                "timestamp": rfc3339(time), "signature": base64.b64encode(signature).decode(),
            })
        else:
            votes.append({
                "block_id_flag": 1, "validator_address": "", "timestamp": "0001-01-01T00:00:00Z", "signature": None,
            })
    parts = {"total": identity["total"], "hash": identity["parts"].hex().upper()}
    commit = {
        "height": str(one["height"]), "round": 0,
        "block_id": {"hash": voted["hash"].hex().upper(), "parts": parts}, "signatures": votes,
    }
    return {"header": header_json(one), "commit": commit}


# Evidence.


def evidence(kept, shown, kept_validators, shown_validators):
    return {
        "version": 1, "node": "Mallory Clinic (https://ledger.example)",
        "kept": kept, "kept_validators": [one.json() for one in ordered(kept_validators)],
        "shown": shown, "shown_validators": [one.json() for one in ordered(shown_validators)],
    }


def evidence_cases():
    four = [Validator(seed, 10) for seed in (1, 2, 3, 4)]
    others = [Validator(seed, 10) for seed in (5, 6, 7, 8)]
    weights = [Validator(1, 70), Validator(2, 20), Validator(3, 10)]
    thirds = [Validator(1, 20), Validator(2, 10)]
    left, right = header(four), header(four, nanos=1_000_000, app=b"\x0a")
    fork = evidence(signed(left, four, four), signed(right, four, four[:3]), four, four)
    cases = []

    def case(name, expect, value, both=(), height=7):
        text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        found = {"name": name, "expect": expect}
        if expect == "accepted":
            found["height"] = height
            found["signed_both"] = sorted(one.address.hex().upper() for one in both)
        if not isinstance(value, str) and expect not in ("malformed", "version"):
            shown, kept = value["shown"]["header"], value["kept"]["header"]
            found["file_name"] = names.get(name, "rollback.json" if shown["height"] != kept["height"] else file_of(right))
        found["evidence"] = text
        cases.append(found)

    def file_of(one):
        return f"evidence-{one['height']}-{header_hash(one).hex()[:16]}.json"

    names = {}

    def altered(change):
        value = copy.deepcopy(fork)
        change(value)
        return value

    def drop(vote):
        vote.update(block_id_flag=1, validator_address="", timestamp="0001-01-01T00:00:00Z", signature=None)

    case("three of four signed both", "accepted", fork, four[:3])

    sold = header(others, nanos=1_000_000, app=b"\x0a")
    names["two sets of validators, none of whom signed both"] = file_of(sold)
    case("two sets of validators, none of whom signed both", "accepted",
         evidence(signed(left, four, four), signed(sold, others, others), four, others))

    heavy, heavier = header(weights), header(weights, app=b"\x0a")
    names["one validator with 70 of 100"] = file_of(heavier)
    case("one validator with 70 of 100", "accepted",
         evidence(signed(heavy, weights, weights[:1]), signed(heavier, weights, weights[:1]), weights, weights),
         weights[:1])

    third, thirder = header(thirds), header(thirds, app=b"\x0a")
    names["two thirds are not more than two thirds"] = file_of(thirder)
    case("two thirds are not more than two thirds", "header",
         evidence(signed(third, thirds, thirds), signed(thirder, thirds, thirds[:1]), thirds, thirds))

    case("votes for no block do not count", "header",
         evidence(signed(left, four, four), signed(right, four, four[:2], nil=four[2:]), four, four))

    def framed(value):
        spare = next(v for v in value["shown"]["commit"]["signatures"] if v["block_id_flag"] == 1)
        model = next(v for v in value["shown"]["commit"]["signatures"] if v["block_id_flag"] == 2)
        spare.update(model, validator_address=four[3].address.hex().upper(), signature=base64.b64encode(b"\x0b" * 64).decode())
    case("a forged vote beside enough true ones accuses nobody", "header", altered(framed))

    case("a header altered after it was signed", "header",
         altered(lambda value: value["shown"]["header"].update(app_hash="0C" * 32)))
    cases[-1]["file_name"] = file_of({**right, "app_hash": b"\x0c" * 32})

    other = {"hash": header_hash(header(four, app=b"\x0d")), "total": 1, "parts": b"\x09" * 32}
    case("votes for another block", "header",
         evidence(signed(left, four, four), signed(right, four, four, voted=other), four, four))

    def exchanged(value):
        value["shown"]["commit"]["signatures"] = value["kept"]["commit"]["signatures"]
    case("the votes of the other header", "header", altered(exchanged))

    def doubled(value):
        votes = value["shown"]["commit"]["signatures"]
        votes[-1] = dict(votes[0])
        votes[-2] = dict(votes[0])
    case("one vote three times", "header", altered(doubled))
    case("more votes than validators", "header",
         altered(lambda value: value["shown"]["commit"]["signatures"].append(
             dict(value["shown"]["commit"]["signatures"][0]))))
    case("no votes", "header",
         altered(lambda value: [drop(vote) for vote in value["shown"]["commit"]["signatures"]]))
    case("a validator is missing", "header", altered(lambda value: value["shown_validators"].pop()))
    case("no validators", "header", altered(lambda value: value.pop("shown_validators")))
    case("a validator under the address of another", "header",
         altered(lambda value: value["shown_validators"][0].update(address=value["shown_validators"][1]["address"])))
    case("more power for one validator", "header",
         altered(lambda value: value["shown_validators"][0].update(voting_power="1000")))

    higher = header(four, height=8, app=b"\x0a")
    case("two heights", "no_contradiction",
         evidence(signed(left, four, four), signed(higher, four, four), four, four))
    lower = evidence(signed(higher, four, four), signed(left, four, four), four, four)
    del lower["shown_validators"]
    case("a node that shows less than before", "no_contradiction", lower)
    abroad = header(four, chain_id="medrec-elsewhere", app=b"\x0a")
    names["two ledgers"] = file_of(abroad)
    case("two ledgers", "no_contradiction",
         evidence(signed(left, four, four), signed(abroad, four, four), four, four))
    names["one header twice"] = file_of(left)
    case("one header twice", "no_contradiction",
         evidence(signed(left, four, four), signed(left, four, four[:3]), four, four))

    case("a newer version", "version", altered(lambda value: value.update(version=2)))
    case("an unknown field", "malformed", altered(lambda value: value.update(verdict="guilty")))
    case("no version", "malformed", altered(lambda value: value.pop("version")))
    case("no node", "malformed", altered(lambda value: value.pop("node")))
    text = json.dumps(fork, separators=(",", ":"))
    case("a field twice", "malformed", text[:-1] + ',"node":"somebody else"}')
    case("cut", "malformed", text[: len(text) // 2])
    case("something after it", "malformed", text + "{}")
    return cases


# Network files.


def network_cases():
    good = {
        "chain_id": "medrec-sample", "genesis_hash": "11" * 32,
        "nodes": [
            {"operator": "Saltmere General Hospital", "address": "https://ledger.saltmere.example"},
            "https://ledger.example/rpc",
            {"operator": "Lantern Pharmacy", "address": "http://127.0.0.1:26657"},
        ],
    }
    cases = []

    def case(name, expect, value, nodes=None, days=180, anchor=None, padded_to=None):
        text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        found = {"name": name, "expect": expect}
        if expect == "accepted":
            found |= {"nodes": nodes, "trusting_period_days": days, "anchor": anchor}
        if padded_to:
            found["padded_with_spaces_to"] = padded_to
        cases.append(found | {"file": text})

    def of(nodes):
        return {**good, "nodes": nodes}

    names = [
        ["Saltmere General Hospital", "https://ledger.saltmere.example"],
        ["https://ledger.example/rpc", "https://ledger.example/rpc"],
        ["Lantern Pharmacy", "http://127.0.0.1:26657"],
    ]
    named = lambda operator, address="https://a.example": {"operator": operator, "address": address}
    case("nodes of two operators and one without a name", "accepted", good, names)
    anchor = {"height": 4711, "hash": "22" * 32}
    case("a period and an anchor", "accepted", {**good, "trusting_period_days": 30, "anchor": anchor}, names, 30, anchor)
    case("two nodes of one operator", "accepted", of([named("Clinic"), named("Clinic", "https://b.example")]),
         [["Clinic", "https://a.example"], ["Clinic", "https://b.example"]])
    case("this computer by its names", "accepted", of(["http://localhost:1", "http://[::1]:1"]),
         [["http://localhost:1", "http://localhost:1"], ["http://[::1]:1", "http://[::1]:1"]])
    case("80 bytes of an operator", "accepted", of([named("é" * 40)]), [["é" * 40, "https://a.example"]])
    many = [f"https://node{count}.example" for count in range(33)]
    case("32 nodes", "accepted", of(many[:32]), [[node, node] for node in many[:32]])
    case("33 nodes", "nodes", of(many))
    case("no nodes", "nodes", of([]))
    case("one address twice", "twice", of(["https://a.example", "https://a.example"]))
    case("one address twice, once with a name and a slash", "twice", of(["https://a.example", named("Clinic", "https://a.example/")]))
    for name, nodes in {
        "an empty operator": [named("")], "an operator of spaces": [named("  ")],
        "81 bytes of an operator": [named("x" + "é" * 40)], "an operator of two lines": [named("a\nb")],
        "an operator that turns the text around": [named("Clinic\u202e")],
        "an operator without an address": [{"operator": "Clinic"}], "an address in an object": [{"address": "https://a.example"}],
        "a weight": [{**named("Clinic"), "weight": 2}], "a number": [7], "nothing": [None],
        "plain http to another computer": ["http://a.example"], "plain http to a name that looks like this computer":
        ["http://localhost.example"], "a user": ["https://me:secret@a.example"], "a query": ["https://a.example/?x"],
        "a fragment": ["https://a.example/#x"], "another scheme": ["ftp://a.example"], "no scheme": ["a.example"],
        "201 bytes of an address": ["https://a.example/" + "x" * 183],
    }.items():
        case("node: " + name, "malformed", of(nodes))
    for name, change in {
        "an unknown field": {"witnesses": []}, "no days": {"trusting_period_days": 0},
        "3651 days": {"trusting_period_days": 3651}, "half a day": {"trusting_period_days": 0.5},
        "an anchor at height 0": {"anchor": {"height": 0, "hash": "22" * 32}},
        "an anchor without a hash": {"anchor": {"height": 1}},
        "an anchor with more": {"anchor": {**anchor, "time": 1}}, "a short hash": {"genesis_hash": "11" * 31},
        "an empty name": {"chain_id": ""},
    }.items():
        case(name, "malformed", {**good, **change})
    for name in ["chain_id", "genesis_hash", "nodes"]:
        case("no " + name, "malformed", {key: value for key, value in good.items() if key != name})
    text = json.dumps(good, separators=(",", ":"))
    case("a field twice", "malformed", text[:-1] + ',"chain_id":"medrec-other"}')
    case("something after it", "malformed", text + " {}")
    case("65,537 bytes", "too_large", text, padded_to=65_537)
    case("65,536 bytes", "accepted", text, names, padded_to=65_536)
    return cases


def write(folder, name, about, cases):
    by = "Written by crates/client/reference/write_vectors.py, which shares no code with the crate."
    text = json.dumps({"about": [*about, by], "cases": cases}, indent=1, ensure_ascii=False)
    (folder / name).write_text(text + "\n", encoding="utf-8")


def main():
    folder = pathlib.Path(sys.argv[1])
    write(folder, "evidence.json", [
        "Evidence of two histories: docs/spec/light-client.md, LC-25, LC-29, LC-30.",
        "expect: accepted, or the name of the fault. signed_both: addresses of those who signed both headers.",
    ], evidence_cases())
    write(folder, "network-file.json", [
        "The network file: docs/spec/light-client.md, LC-1 to LC-3.",
        "expect: accepted, or the name of the error. nodes: operator and address of each.",
    ], network_cases())


main()
