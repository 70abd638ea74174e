"""Writes tests/vectors/{bip39,slip0010,vault_keys,vault_file}.json.

An implementation of docs/spec/keys.md and docs/spec/vault.md that shares no code with the Rust crate: it uses
Python's standard library, argon2-cffi (the reference C code of Argon2), PyNaCl (libsodium) and mnemonic. The
crate's tests must read what it writes, and write the same bytes.

    python3 -m venv /tmp/reference && /tmp/reference/bin/pip install argon2-cffi pynacl mnemonic
    /tmp/reference/bin/python crates/vault/reference/write_vectors.py tests/vectors
"""

import hashlib
import hmac
import json
import pathlib
import struct
import sys
import unicodedata

import argon2.low_level
import mnemonic
import nacl.bindings
import nacl.signing

sha256 = lambda data: hashlib.sha256(data).digest()
ENGLISH = mnemonic.Mnemonic("english")

# --- BIP-39 ---------------------------------------------------------------------------------------------------

# Entropy of the 24-word English vectors published with BIP-39.
BIP39_ENTROPY = [
    "00" * 32,
    "7f" * 32,
    "80" * 32,
    "ff" * 32,
    "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c",
    "9f6a2878b2520799a44ef18bc7df394e7061a224d2c33cd015b157d746869863",
    "066dca1a2bb7e8a1db2832148ce9933eea0f3ac9548d793112d9a95c9407efad",
    "f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f",
]


def bip39_words(entropy):
    bits = "".join(f"{byte:08b}" for byte in entropy + sha256(entropy)[:1])
    return " ".join(ENGLISH.wordlist[int(bits[i : i + 11], 2)] for i in range(0, 264, 11))


def bip39_seed(words, passphrase=""):
    return hashlib.pbkdf2_hmac("sha512", words.encode(), b"mnemonic" + passphrase.encode(), 2048)


def bip39_vectors():
    accepted = []
    for text in BIP39_ENTROPY:
        words = bip39_words(bytes.fromhex(text))
        assert ENGLISH.check(words) and ENGLISH.to_mnemonic(bytes.fromhex(text)) == words
        accepted.append({"entropy": text, "words": words, "seed": bip39_seed(words, "TREZOR").hex()})
    good = accepted[4]["words"].split()
    swapped = [good[1], good[0]] + good[2:]
    typo = good[:6] + ["sliide"] + good[7:]
    refused = [
        ("No words at all.", "", "word_count:0"),
        ("One word is missing.", " ".join(good[:23]), "word_count:23"),
        ("One word too many.", " ".join(good + ["zoo"]), "word_count:25"),
        ("Twelve words are valid BIP-39, but not a set of this wallet.",
         "abandon " * 11 + "about", "word_count:12"),
        ("A misspelt word is named by its position.", " ".join(typo), "unknown_word:7"),
        ("The first four letters are not the word.", " ".join(good[:23] + [good[23][:4]]), "unknown_word:24"),
        ("A word of another BIP-39 language.", " ".join(["ábaco"] + good[1:]), "unknown_word:1"),
        ("A word far longer than any in the list.", " ".join(good[:2] + ["x" * 5000] + good[3:]), "unknown_word:3"),
        ("Numbers typed along with the words.", " ".join(["1."] + good[:23]), "unknown_word:1"),
        ("Two words swapped.", " ".join(swapped), "words_checksum"),
        ("The last word replaced by another of the list.", " ".join(good[:23] + ["abandon"]), "words_checksum"),
    ]
    return {
        "about": "BIP-39, English, 24 words. Accepted: the published vectors, whose seeds use the BIP-39 "
        "passphrase below. Refused: what a person may type wrong, with the error expected.",
        "source": "https://github.com/trezor/python-mnemonic/blob/master/vectors.json",
        "seed_passphrase": "TREZOR",
        "accepted": accepted,
        "refused": [dict(zip(("about", "words", "error"), case)) for case in refused],
    }


# --- SLIP-0010 ------------------------------------------------------------------------------------------------

SLIP10_TREES = [
    ("000102030405060708090a0b0c0d0e0f", [0, 1, 2, 2, 1000000000]),
    ("fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a8784817e7b7875726f6c"
     "696663605d5a5754514e4b484542", [0, 2147483647, 1, 2147483646, 2]),
]


def slip10(seed, path):
    digest = hmac.digest(b"ed25519 seed", seed, "sha512")
    for index in path:
        digest = hmac.digest(digest[32:], b"\0" + digest[:32] + struct.pack(">I", index | 1 << 31), "sha512")
    return digest[:32], digest[32:]


def public(private):
    return bytes(nacl.signing.SigningKey(private).verify_key)


def slip10_vectors():
    trees = []
    for seed, path in SLIP10_TREES:
        chains = []
        for depth in range(len(path) + 1):
            key, chain_code = slip10(bytes.fromhex(seed), path[:depth])
            chains.append({"path": path[:depth], "chain_code": chain_code.hex(), "private": key.hex(),
                           "public": "00" + public(key).hex()})
        trees.append({"seed": seed, "chains": chains})
    return {
        "about": "SLIP-0010, test vectors 1 and 2 for ed25519. Paths are written without the hardened bit. "
        "Refused: indexes that have it already.",
        "source": "https://github.com/satoshilabs/slips/blob/master/slip-0010.md",
        "trees": trees,
        "refused_indexes": [2147483648, 4294967295],
    }


# --- the key tree ---------------------------------------------------------------------------------------------

def key_vectors():
    keys = []
    words = bip39_words(bytes.fromhex(BIP39_ENTROPY[5]))
    geneses = [sha256(b"genesis of a test network"), b"\xff" * 32, b"\0" * 32, b"\0\0\0\1" + b"\xaa" * 28]
    for genesis in geneses:
        network = struct.unpack(">I", genesis[:4])[0] >> 1
        for index, epoch in [(0, 0), (1, 0), (0, 1), (2147483647, 2147483647)]:
            signing, _ = slip10(bip39_seed(words), [5333, network, 0, index, epoch])
            viewing, _ = slip10(bip39_seed(words), [5333, network, 1, index, epoch])
            keys.append({"genesis_hash": genesis.hex(), "network": network, "relationship": index, "epoch": epoch,
                         "signing_private": signing.hex(), "signing_public": public(signing).hex(),
                         "viewing": viewing.hex()})
    agents = []
    for genesis in geneses:
        network = struct.unpack(">I", genesis[:4])[0] >> 1
        for offer, place in [(0, 0), (0, 15), (1, 0), (134217727, 15)]:
            agent = offer * 16 + place
            signing, _ = slip10(bip39_seed(words), [5333, network, 2, agent, 0])
            agents.append({"genesis_hash": genesis.hex(), "network": network, "offer": offer, "agent": agent,
                           "signing_private": signing.hex(), "signing_public": public(signing).hex()})
    return {
        "about": "docs/spec/keys.md: from recovery words, without a BIP-39 passphrase, to the keys of a "
        "relationship at m/5333'/network'/role'/relationship'/epoch', and to the keys of an agent in offers "
        "to help somebody at m/5333'/network'/2'/agent'/0'.",
        "words": words,
        "keys": keys,
        "agents": agents,
    }


# --- the vault file -------------------------------------------------------------------------------------------

def hkdf(secret, salt, info):
    return hmac.digest(hmac.digest(salt, secret, "sha256"), info + b"\1", "sha256")


def aead(key, nonce, associated, data):
    return nacl.bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(data, associated, nonce, key)


class Stream:
    """Bytes that stand for the random source, drawn in the order of VAULT-24."""

    def __init__(self, name):
        self.name, self.drawn = name, b""

    def draw(self, size):
        block = sha256(f"{self.name} {len(self.drawn)}".encode()) * 2
        self.drawn += block[:size]
        return block[:size]


def prelude(header_len, body_len, version=1):
    checked = b"MRVAULT\0" + struct.pack("<HII", version, header_len, body_len)
    return checked + sha256(checked)[:4]


def make_slot(stream, file_id, master, passphrase, params, kind=1):
    salt, nonce = stream.draw(16), stream.draw(24)
    text = unicodedata.normalize("NFKC", passphrase).encode()
    key = argon2.low_level.hash_secret_raw(
        text, salt, params[1], params[0], params[2], 32, argon2.low_level.Type.ID, 0x13)
    fixed = bytes([kind]) + struct.pack("<III", *params) + salt
    return fixed + nonce + aead(key, nonce, b"medrec/vault/1/slot" + file_id + fixed, master)


def contents(entropy, database_key, generation, networks=(), next_entropy=None):
    out = struct.pack("<H", 1) + entropy + (b"\0" if next_entropy is None else b"\1" + next_entropy)
    out += database_key + struct.pack("<QB", generation, len(networks))
    for chain_id, genesis, used, offers, trusted in networks:
        out += bytes([len(chain_id)]) + chain_id.encode() + genesis + struct.pack("<II", used, offers)
        out += b"\0" if trusted is None else b"\1" + struct.pack("<Q", trusted[0]) + trusted[1] + struct.pack("<Q", trusted[2])
    return out + b"\0" * (-len(out) % 512)


def make_file(stream, file_id, label, slot, master, body, suite=1, mac=None):
    nonce = stream.draw(24)
    name = label.encode()
    fields = bytes([suite]) + file_id + bytes([len(name)]) + name + b"\1" + slot + nonce
    header = prelude(22 + len(fields) + 32, len(body) + 16) + fields
    header += mac or hmac.digest(hkdf(master, file_id, b"medrec/vault/1/header-mac"), header, "sha256")
    file = header + aead(hkdf(master, file_id, b"medrec/vault/1/body"), nonce, header, body)
    return file + sha256(file)


FLOOR = (64 * 1024, 3, 4)
OTHER = (70_000, 4, 5)
ENTROPY = bytes.fromhex(BIP39_ENTROPY[5])
NEXT_ENTROPY = bytes.fromhex(BIP39_ENTROPY[6])
LABEL = "Zoë Müller-佐藤"
# As typed: decomposed and full-width characters, which NFKC composes.
PASSPHRASE = "cre\u0300me \uff42ru\u0302le\u0301e on a Tuesday"
NEW_PASSPHRASE = "gravel lantern oyster tuba"
GENESIS = sha256(b"genesis of a test network")
TRUSTED = (4711, sha256(b"header 4711"), 1_799_000_000)


class Story:
    """One vault: created, joined to a network, given new words, then a new passphrase."""

    def __init__(self):
        self.stream = Stream("medrec vault vector")
        self.file_id, self.master = self.stream.draw(16), self.stream.draw(32)
        self.database_key = self.stream.draw(32)
        self.slot = make_slot(self.stream, self.file_id, self.master, PASSPHRASE, FLOOR)
        self.created = self.file(contents(ENTROPY, self.database_key, 1))
        self.networks = [("medrec-test-1", GENESIS, 3, 2, TRUSTED)]
        self.joined = self.file(contents(ENTROPY, self.database_key, 2, self.networks))
        self.begun = self.file(contents(ENTROPY, self.database_key, 3, self.networks, NEXT_ENTROPY))
        self.finished = self.file(contents(NEXT_ENTROPY, self.database_key, 4, self.networks))
        self.old_slot = self.slot
        self.slot = make_slot(self.stream, self.file_id, self.master, NEW_PASSPHRASE, OTHER)
        self.changed = self.file(contents(NEXT_ENTROPY, self.database_key, 5, self.networks))
        self.slot = self.old_slot

    def file(self, body, stream=None, **more):
        return make_file(stream or self.stream, self.file_id, LABEL, self.slot, self.master, body, **more)


def shown(params):
    return dict(zip(("memory_kib", "iterations", "lanes"), params))


def accepted(story):
    network = {"chain_id": "medrec-test-1", "genesis_hash": GENESIS.hex(), "relationships_used": 3,
               "offers_made": 2,
               "trusted": {"height": TRUSTED[0], "hash": TRUSTED[1].hex(), "time": TRUSTED[2]}}
    words, following = bip39_words(ENTROPY), bip39_words(NEXT_ENTROPY)
    rows = [
        ("created", "A new vault: floor parameters, no network.", story.created, PASSPHRASE, FLOOR, words, None, 1,
         []),
        ("joined", "The same vault after it joined a network, gave out three relationship indexes, made two "
         "offers to help and verified a header.", story.joined, PASSPHRASE, FLOOR, words, None, 2, [network]),
        ("begun", "The same vault with new words beside the present ones.", story.begun, PASSPHRASE, FLOOR, words,
         following, 3, [network]),
        ("finished", "The same vault once the new words have taken the place of the old ones.", story.finished,
         PASSPHRASE, FLOOR, following, None, 4, [network]),
        ("changed", "The same vault with another passphrase under other parameters.", story.changed,
         NEW_PASSPHRASE, OTHER, following, None, 5, [network]),
    ]
    names = ("name", "about", "file", "passphrase", "params", "words", "next_words", "generation", "networks")
    return [dict(zip(names, (*row[:2], row[2].hex(), row[3], shown(row[4]), *row[5:]))) for row in rows]


def resummed(file):
    """The file with a prelude check and a checksum that fit again: what a forger without the key can do."""
    file = file[:18] + sha256(file[:18])[:4] + file[22:-32]
    return file + sha256(file)


def patched(file, offset, data):
    return file[:offset] + data + file[offset + len(data):]


def flipped(file, offset):
    return patched(file, offset, bytes([file[offset] ^ 1]))


def refused(story):
    good = story.joined
    suite, file_id, label = 22, 23, 40
    count = label + len(LABEL.encode())
    slot = count + 1
    memory, passes, lanes, salt, nonce, wrapped = (slot + n for n in (1, 5, 9, 13, 29, 53))
    body_nonce, mac = wrapped + 48, wrapped + 72
    body = mac + 32
    number = lambda n: struct.pack("<I", n)
    forged = lambda offset, data: resummed(patched(good, offset, data))
    # Files by somebody who has the master key: everything authenticates, the contents are wrong.
    inside = lambda plain: story.file(plain, Stream("hostile"))
    changing = contents(ENTROPY, story.database_key, 3, story.networks, NEXT_ENTROPY)
    plain = contents(ENTROPY, story.database_key, 2, story.networks)
    row = story.networks[0]
    twin = ("twin", GENESIS[:31] + bytes([GENESIS[31] ^ 1]), 0, 0, None)
    many = [(f"n{i}", bytes([i]) * 32, 0, 0, None) for i in range(17)]
    truncated = [(f"Cut after {n} bytes.", good[:n], "truncated")
                 for n in (0, 1, 8, 21, 22, body - 1, body, len(good) - 32, len(good) - 1)]
    flips = [(f"One bit flipped by accident in the {what}.", flipped(good, at), error) for what, at, error in [
        ("magic", 3, "not_a_vault"), ("version", 8, "damaged:prelude"), ("header length", 10, "damaged:prelude"),
        ("body length", 14, "damaged:prelude"), ("prelude check", 18, "damaged:prelude"),
        ("suite", suite, "damaged:checksum"), ("file id", file_id, "damaged:checksum"),
        ("label", label, "damaged:checksum"), ("salt", salt, "damaged:checksum"),
        ("wrapped key", wrapped, "damaged:checksum"), ("header MAC", mac, "damaged:checksum"),
        ("body", body + 40, "damaged:checksum"), ("checksum", len(good) - 1, "damaged:checksum")]]
    cases = truncated + flips + [
        ("An image.", b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "not_a_vault"),
        ("A text.", b"Dear diary,\n", "not_a_vault"),
        ("One byte follows the end.", good + b"\0", "damaged:length"),
        ("A whole second copy follows the end.", good + good, "damaged:length"),
        ("Version 2.", resummed(patched(good, 8, b"\2\0")), "newer_version:2"),
        ("Version 65535, cut after the prelude.", resummed(patched(good, 8, b"\xff\xff") + bytes(32))[:22],
         "newer_version:65535"),
        ("Version 0.", resummed(patched(good, 8, b"\0\0")), "damaged:prelude"),
        ("A header of 4 GiB.", forged(10, number(0xFFFFFFFF)), "damaged:prelude"),
        ("A header shorter than its fixed fields.", forged(10, number(100)), "damaged:prelude"),
        ("A body of 4 GiB.", forged(14, number(0xFFFFFFFF)), "damaged:prelude"),
        ("A body shorter than a tag.", forged(14, number(15)), "damaged:prelude"),
        ("A body one byte longer than there is.", forged(14, number(len(good) - 32 - body + 1)), "truncated"),
        ("Suite 2.", forged(suite, b"\2"), "damaged:header"),
        ("A label longer than the header.", forged(label - 1, b"\xff"), "damaged:header"),
        ("A label of no bytes.", forged(label - 1, b"\0"), "damaged:header"),
        ("A label that is not UTF-8.", forged(label, b"\xff\xfe"), "damaged:header"),
        ("A label with a line break.", forged(label, b"\n"), "damaged:header"),
        ("No slot.", forged(count, b"\0"), "damaged:header"),
        ("Two slots where there is one.", forged(count, b"\2"), "damaged:header"),
        ("A slot of the kind set aside for recovery codes.", forged(slot, b"\2"), "damaged:header"),
        ("Memory over the ceiling.", forged(memory, number(1024 * 1024 + 1)), "parameters_too_high"),
        ("Memory of 4 TiB.", forged(memory, number(0xFFFFFFFF)), "parameters_too_high"),
        ("Passes over the ceiling.", forged(passes, number(17)), "parameters_too_high"),
        ("Lanes over the ceiling.", forged(lanes, number(17)), "parameters_too_high"),
        ("Memory under the floor.", forged(memory, number(64 * 1024 - 1)), "parameters_too_low"),
        ("No passes.", forged(passes, number(0)), "parameters_too_low"),
        ("No lanes.", forged(lanes, number(0)), "parameters_too_low"),
        ("Parameters raised by a forger, within bounds.", forged(passes, number(4)), "wrong_passphrase"),
        ("Salt changed by a forger.", forged(salt, bytes([good[salt] ^ 1])), "wrong_passphrase"),
        ("Slot nonce changed by a forger.", forged(nonce, bytes([good[nonce] ^ 1])), "wrong_passphrase"),
        ("Wrapped key changed by a forger.", forged(wrapped, bytes([good[wrapped] ^ 1])), "wrong_passphrase"),
        ("File id changed by a forger.", forged(file_id, bytes([good[file_id] ^ 1])), "wrong_passphrase"),
        ("Label changed by a forger.", forged(label, b"M"), "altered"),
        ("Body nonce changed by a forger.", forged(body_nonce, bytes([good[body_nonce] ^ 1])), "altered"),
        ("Header MAC changed by a forger.", forged(mac, bytes([good[mac] ^ 1])), "altered"),
        ("Body changed by a forger.", forged(body, bytes([good[body] ^ 1])), "altered"),
        ("Body tag changed by a forger.", forged(len(good) - 33, bytes([good[-33] ^ 1])), "altered"),
        ("Body of an older save under the newer header.",
         resummed(good[:body] + story.created[body:-32] + bytes(32)), "altered"),
        ("A body that opens, under a header whose MAC is of another key.",
         story.file(plain, Stream("hostile"), mac=b"\x55" * 32), "altered"),
        ("Contents of version 2.", inside(patched(plain, 0, b"\2\0")), "newer_version:2"),
        ("Contents of version 0.", inside(patched(plain, 0, b"\0\0")), "damaged:body"),
        ("Contents that end inside a network.", inside(plain[:100]), "damaged:body"),
        ("No contents.", inside(b""), "damaged:body"),
        ("A byte of padding is not zero.", inside(patched(plain, len(plain) - 1, b"\1")), "damaged:body"),
        ("A block of padding too much.", inside(plain + b"\0" * 512), "damaged:body"),
        ("Seventeen networks.", inside(contents(ENTROPY, story.database_key, 2, many)), "damaged:body"),
        ("Two networks on one branch of the key tree.",
         inside(contents(ENTROPY, story.database_key, 2, [row, twin])), "damaged:body"),
        ("More relationships than there are indexes.",
         inside(contents(ENTROPY, story.database_key, 2, [(row[0], row[1], 2**31 + 1, 0, None)])), "damaged:body"),
        ("A chain id with a space.",
         inside(contents(ENTROPY, story.database_key, 2, [("two words", row[1], 0, 0, None)])), "damaged:body"),
        ("More offers than there are keys for.",
         inside(contents(ENTROPY, story.database_key, 2, [(row[0], row[1], 0, 2**27 + 1, None)])), "damaged:body"),
        ("A flag of a header that is neither 0 nor 1.",
         inside(patched(plain, 76 + 1 + 13 + 32 + 4 + 4, b"\2")), "damaged:body"),
        ("A flag of next words that is neither 0 nor 1.", inside(patched(changing, 34, b"\2")), "damaged:body"),
        ("Next words that are the present ones.",
         inside(contents(ENTROPY, story.database_key, 3, story.networks, ENTROPY)), "damaged:body"),
        ("Contents that end inside the next words.", inside(changing[:60]), "damaged:body"),
        ("Contents that end before the flag of next words.", inside(changing[:34]), "damaged:body"),
    ]
    out = [{"about": a, "file": f.hex(), "passphrase": PASSPHRASE, "error": e} for a, f, e in cases]
    out.append({"about": "Another passphrase.", "file": good.hex(), "passphrase": PASSPHRASE + "s",
                "error": "wrong_passphrase"})
    out.append({"about": "The old passphrase after it was changed.", "file": story.changed.hex(),
                "passphrase": PASSPHRASE, "error": "wrong_passphrase"})
    return out


def vault_vectors():
    story = Story()
    return {
        "about": "docs/spec/vault.md: files of version 1 in hex. Accepted: five states of one vault; with `random` "
        "as the random source, creating, joining, beginning and finishing new words and changing the passphrase "
        "must give the same bytes. Refused: "
        "damaged, cut, forged and hostile files with the error expected; `wrong_passphrase`, `altered`, "
        "`damaged:body` and `newer_version` of contents show at unlocking, all others at opening.",
        "label": LABEL,
        "database_key": story.database_key.hex(),
        "file_id": story.file_id.hex(),
        "random": story.stream.drawn.hex(),
        "accepted": accepted(story),
        "refused": refused(story),
    }


def main():
    folder = pathlib.Path(sys.argv[1])
    made = {"bip39": bip39_vectors(), "slip0010": slip10_vectors(), "vault_keys": key_vectors(),
            "vault_file": vault_vectors()}
    for name, value in made.items():
        (folder / f"{name}.json").write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")
        print(name, "written")


main()
