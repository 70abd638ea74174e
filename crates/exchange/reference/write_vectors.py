#!/usr/bin/env python3
"""Writes tests/vectors/{http-signatures,enrolment-codes}.json: the HTTP signature profile
(docs/spec/http-signatures.md) and enrolment codes (docs/spec/exchange-api.md) a second time, in another language
and with another Ed25519 (the package `cryptography`), so that the vectors do not come from the code that they
check.

    python3 crates/exchange/reference/write_vectors.py tests/vectors
"""

import base64
import hashlib
import json
import pathlib
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def bech32m(hrp, data):
    """BIP-350."""
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[at:at + 5], 2) for at in range(0, len(bits), 5)]
    expanded = [ord(c) >> 5 for c in hrp] + [0] + [ord(c) & 31 for c in hrp]
    check = 1
    for value in expanded + values + [0] * 6:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate([0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3]):
            check ^= generator if top >> i & 1 else 0
    check ^= 0x2BC830A3
    values += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return hrp + "1" + "".join(CHARSET[value] for value in values)


class Account:
    KINDS = {"mrp": 0, "mrr": 1}

    def __init__(self, kind, seed):
        self.private = Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32))
        self.public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        digest = hashlib.sha256(b"medrec/address/v1\0" + bytes([self.KINDS[kind]]) + self.public).digest()
        self.address = bech32m(kind, digest[:20])

    def sign(self, base):
        return self.private.sign(base.encode())


PATIENT = Account("mrr", 1)
PUBLISHER = Account("mrp", 2)
STRANGER = Account("mrp", 3)
NOW = 1_800_000_000
ENDPOINT = "https://gatekeeper.example:8443"
COMMITMENT, SALT = "1a" * 32, "2b" * 32
PATH = f"/v1/relationships/{PATIENT.address}/records/{COMMITMENT}"


def b64(data):
    return base64.b64encode(data).decode()


def digest(content):
    return f"sha-256=:{b64(hashlib.sha256(content.encode()).digest())}:"


def base_of(lines, params):
    return "\n".join([f"{name}: {value}" for name, value in lines] + [f'"@signature-params": {params}'])


REQUEST_COMPONENTS = ['"@method"', '"@target-uri"', '"@authority"', '"content-digest"', '"medrec-person"']
REQUEST_PARAMS = ["created", "expires", "nonce", "alg", "keyid", "tag"]


def request(name, expect, *, who=PATIENT, method="GET", endpoint=ENDPOINT, path=PATH, content="", person='%""',
            now=NOW, components=None, order=None, label="sig1", tamper=None, **params):
    """A signed request; what is given in `tamper` is changed after signing."""
    values = {
        "created": NOW, "expires": NOW + 60, "nonce": '"AAECAwQFBgcICQoLDA0ODw"', "alg": '"ed25519"',
        "keyid": f'"{who.address}"', "tag": '"medrec/v1"', **params,
    }
    shown = ";".join(f"{key}={values[key]}" for key in order or REQUEST_PARAMS if values[key] is not None)
    components = components or REQUEST_COMPONENTS
    text = f"({' '.join(components)});{shown}"
    known = {
        '"@method"': method, '"@target-uri"': endpoint + path, '"@authority"': endpoint.split("//")[1],
        '"content-digest"': digest(content), '"medrec-person"': person,
    }
    lines = [(component, known.get(component, "?")) for component in components]
    base = base_of(lines, text)
    case = {
        "name": name, "expect": expect, "method": method, "endpoint": endpoint, "path": path, "content": content,
        "now": now, "key": who.public.hex(), "base": base,
        "headers": [
            ["content-digest", digest(content)], ["medrec-person", person],
            ["signature-input", f"{label}={text}"], ["signature", f"{label}=:{b64(who.sign(base))}:"],
        ],
    }
    if tamper:
        tamper(case)
    return case


def put(**changes):
    return lambda case: case.update(changes)


def header(name, change):
    """Changes the value of a header field; None removes it, a list repeats it."""
    def tamper(case):
        headers = []
        for key, value in case["headers"]:
            if key == name:
                new = change(value)
                new = new if isinstance(new, list) else [] if new is None else [new]
                headers += [[key, item] for item in new]
            else:
                headers.append([key, value])
        case["headers"] = headers
    return tamper


def small_order(case):
    case["key"] = "01" + "00" * 31
    forged = bytes([1] + [0] * 31 + [0] * 32)
    header("signature", lambda _: f"sig1=:{b64(forged)}:")(case)


def requests():
    without = [component for component in REQUEST_COMPONENTS if component != '"medrec-person"']
    content = '{"chain_id":"demo-1"}'
    post = {"method": "POST", "path": "/v1/enrolments", "content": content}
    yield request("a request without content", "accepted")
    yield request("a request with content", "accepted", **post)
    yield request("a person with accents", "accepted", who=STRANGER, person='%"Dr. Ana L%c3%b3pez"')
    yield request("plain http to this computer", "accepted", endpoint="http://127.0.0.1:7001")
    yield request("the asker's clock is 30 seconds fast", "accepted", now=NOW - 30)
    yield request("30 seconds after it expired", "accepted", now=NOW + 90)
    yield request("valid for one second", "accepted", expires=NOW + 1)

    yield request("made 31 seconds in the future", "NotYetValid", now=NOW - 31)
    yield request("31 seconds after it expired", "Expired", now=NOW + 91)
    yield request("valid for 61 seconds", "Validity(61)", expires=NOW + 61)
    yield request("valid for no time", "Validity(0)", expires=NOW)
    yield request("it expires before it is made", "Validity(0)", expires=NOW - 1)

    yield request("signed for another host", "Mismatch", tamper=put(endpoint="https://other.example"))
    yield request("signed for another port", "Mismatch", tamper=put(endpoint="https://gatekeeper.example"))
    yield request("signed for plain http", "Mismatch", tamper=put(endpoint="http://127.0.0.1:7001"))
    yield request("another method", "Mismatch", tamper=put(method="HEAD"))
    yield request("another path", "Mismatch", tamper=put(path=PATH.replace("1a1a", "1a1b")))
    yield request("a query that was not signed", "Mismatch", tamper=put(path=PATH + "?operation=view"))
    yield request("altered content", "Digest", **post, tamper=put(content=content.replace("1", "2")))
    yield request("content that was not signed", "Digest", tamper=put(content="{}"))
    yield request("altered content with its own digest", "Mismatch", **post, tamper=lambda case: (
        put(content="{}")(case), header("content-digest", lambda _: digest("{}"))(case)))
    yield request("another person", "Mismatch", tamper=header("medrec-person", lambda _: '%"Dr. No"'))
    yield request("another's key", "Mismatch", tamper=put(key=STRANGER.public.hex()))
    yield request("another's address in keyid", "Mismatch",
                  tamper=header("signature-input", lambda v: v.replace(PATIENT.address, STRANGER.address)))
    yield request("a later expiry", "Mismatch",
                  tamper=header("signature-input", lambda v: v.replace(f"expires={NOW + 60}", f"expires={NOW + 59}")))
    yield request("a signature that some libraries accept for every message", "Mismatch", tamper=small_order)

    yield request("a component is missing", "Components", components=without)
    yield request("no component at all", "Components", components=["\"@method\""])
    yield request("one component more", "Components", components=REQUEST_COMPONENTS + ['"date"'])
    yield request("components in another order", "Components", components=REQUEST_COMPONENTS[::-1])
    yield request("a component twice", "Components", components=REQUEST_COMPONENTS + ['"@method"'])
    yield request("a component with a parameter", "Components",
                  components=REQUEST_COMPONENTS[:3] + ['"content-digest";sf', '"medrec-person"'])
    yield request("path instead of the whole target", "Components",
                  components=['"@method"', '"@path"'] + REQUEST_COMPONENTS[2:])

    for name in REQUEST_PARAMS:
        yield request(f"without {name}", f"Parameter({name})", **{name: None})
    yield request("parameters in another order", "MalformedField(signature-input)", order=REQUEST_PARAMS[::-1])
    yield request("a parameter of another profile", "SurplusParameter", order=REQUEST_PARAMS + ["x"], x='"y"')
    yield request("another algorithm", "Parameter(alg)", alg='"hmac-sha256"')
    yield request("another tag", "Parameter(tag)", tag='"medrec-answer/v1"')
    yield request("a tag that is no string", "Parameter(tag)", tag="medrec/v1")
    yield request("a short nonce", "Parameter(nonce)", nonce='"AAECAwQFBgcICQoLDA0O"')
    yield request("a nonce with padding", "Parameter(nonce)", nonce='"AAECAwQFBgcICQoLDA0ODw=="')
    yield request("a nonce with stray bits", "Parameter(nonce)", nonce='"AAECAwQFBgcICQoLDA0ODx"')
    yield request("a keyid that is no address", "Parameter(keyid)", keyid='"test-key"')
    yield request("a keyid with a typing error", "Parameter(keyid)", keyid=f'"{PATIENT.address[:-1]}b"')
    yield request("a keyid in capitals", "MalformedField(signature-input)", keyid=f'"{PATIENT.address.upper()}"')
    yield request("a time with a fraction", "Parameter(created)", created=f"{NOW}.0")
    yield request("a time as text", "Parameter(created)", created=f'"{NOW}"')
    yield request("a time before 1970", "Parameter(created)", created=-1)
    yield request("a time with a leading zero", "MalformedField(signature-input)", created=f"0{NOW}")

    second = lambda v: v + ", " + v.replace("sig1=", "sig2=", 1)
    yield request("a second label", "Label", tamper=header("signature-input", second))
    yield request("a second signature", "Label", tamper=header("signature", second))
    yield request("another label", "Label", label="sig2")
    yield request("one label twice", "MalformedField(signature-input)",
                  tamper=header("signature-input", lambda v: v + ", " + v))
    yield request("a signature's label twice", "MalformedField(signature)",
                  tamper=header("signature", lambda v: v + ", " + v))
    for name in ["signature-input", "signature", "content-digest", "medrec-person"]:
        yield request(f"without {name}", f"MissingField({name})", tamper=header(name, lambda _: None))
        yield request(f"{name} twice", f"RepeatedField({name})", tamper=header(name, lambda v: [v, v]))
        yield request(f"empty {name}", "Label" if name.startswith("signature") else f"MalformedField({name})",
                      tamper=header(name, lambda _: ""))
    yield request("a space after the label", "MalformedField(signature-input)",
                  tamper=header("signature-input", lambda v: v.replace("sig1=(", "sig1=( ")))
    yield request("a signature-input that is no list", "MalformedField(signature-input)",
                  tamper=header("signature-input", lambda _: "sig1=1"))
    yield request("a signature-input of 2,000 characters", "MalformedField(signature-input)",
                  tamper=header("signature-input", lambda v: v + " " * 2000 + "x"))
    yield request("a signature that is too short", "MalformedField(signature)",
                  tamper=header("signature", lambda _: f"sig1=:{b64(bytes(63))}:"))
    yield request("a signature without padding", "MalformedField(signature)",
                  tamper=header("signature", lambda v: v.replace("==:", ":")))
    yield request("a signature with a parameter", "MalformedField(signature)",
                  tamper=header("signature", lambda v: v + ";x"))
    yield request("another digest algorithm", "MalformedField(content-digest)",
                  tamper=header("content-digest", lambda v: v.replace("sha-256", "sha-512")))
    yield request("two digests", "MalformedField(content-digest)",
                  tamper=header("content-digest", lambda v: v + ", sha-512=:AAAA:"))
    yield request("a person in plain text", "MalformedField(medrec-person)", person="Dr. No")
    yield request("a person of 81 bytes", "MalformedField(medrec-person)", person=f'%"{"x" * 81}"')
    yield request("a target that is no path", "Target", path="v1")
    yield request("a target of 1,025 characters", "Target", path="/" * 1025)


BOUND = {'"@method";req': "GET", '"@target-uri";req': ENDPOINT + PATH,
         '"signature";req;key="sig1"': f":{b64(bytes(range(64)))}:"}
SHAPES = {
    "Content": ['"@status"', '"content-digest"'],
    "Record": ['"@status"', '"medrec-record"', '"medrec-salt"', '"medrec-size"'],
    "PartOfRecord": ['"@status"', '"medrec-record"', '"medrec-salt"', '"medrec-size"', '"content-range"'],
}


def answer(name, expect, *, who=PUBLISHER, shape="Content", status=200, content="{}", components=None,
           created=NOW, now=NOW, tag="medrec-answer/v1", tamper=None):
    components = components or SHAPES[shape] + list(BOUND)
    text = f'({" ".join(components)});created={created};alg="ed25519";keyid="{who.address}";tag="{tag}"'
    fields = {
        "Content": {"content-digest": digest(content)},
        "Record": {"medrec-record": COMMITMENT, "medrec-salt": SALT, "medrec-size": "1000"},
        "PartOfRecord": {"medrec-record": COMMITMENT, "medrec-salt": SALT, "medrec-size": "1000",
                         "content-range": "bytes 100-999/1000"},
    }[shape]
    known = {'"@status"': str(status), **BOUND, **{f'"{key}"': value for key, value in fields.items()}}
    base = base_of([(component, known.get(component, "?")) for component in components], text)
    case = {
        "name": name, "expect": expect, "shape": shape, "status": status, "now": now,
        "provider": PUBLISHER.address, "key": PUBLISHER.public.hex(), "base": base,
        "request": {"method": "GET", "endpoint": ENDPOINT, "path": PATH, "created": NOW,
                    "signature": bytes(range(64)).hex()},
        "headers": [[key, value] for key, value in fields.items()] + [
            ["signature-input", f"sig1={text}"], ["signature", f"sig1=:{b64(who.sign(base))}:"]],
    }
    if tamper:
        tamper(case)
    return case


def answers():
    def asked(**changes):
        return lambda case: case["request"].update(changes)

    yield answer("a message", "accepted")
    yield answer("a refusal", "accepted", status=404)
    yield answer("a record", "accepted", shape="Record")
    yield answer("a part of a record", "accepted", shape="PartOfRecord", status=206)
    yield answer("the publisher's clock is 30 seconds fast", "accepted", created=NOW + 30)
    yield answer("the publisher's clock is 30 seconds slow", "accepted", created=NOW - 30)
    yield answer("made in the future", "NotYetValid", created=NOW + 31)
    yield answer("made before it was asked for", "Expired", created=NOW - 31)
    yield answer("an answer to another request", "Mismatch", tamper=asked(signature="00" * 64))
    yield answer("an answer to another method", "Mismatch", tamper=asked(method="HEAD"))
    yield answer("an answer to another target", "Mismatch", tamper=asked(path=PATH + "?operation=view"))
    yield answer("another status", "Mismatch", tamper=put(status=404))
    yield answer("another digest", "Mismatch", tamper=header("content-digest", lambda _: digest("{} ")))
    yield answer("another record", "Mismatch", shape="Record",
                 tamper=header("medrec-record", lambda v: v.replace("1a", "1b", 1)))
    yield answer("another salt", "Mismatch", shape="Record",
                 tamper=header("medrec-salt", lambda v: v.replace("2b", "2c", 1)))
    yield answer("another size", "Mismatch", shape="Record", tamper=header("medrec-size", lambda _: "999"))
    yield answer("another part", "Mismatch", shape="PartOfRecord", status=206,
                 tamper=header("content-range", lambda _: "bytes 0-999/1000"))
    yield answer("signed by another provider", "OtherSigner", who=STRANGER)
    yield answer("another's key", "Mismatch", tamper=put(key=STRANGER.public.hex()))
    yield answer("the asker's own signature sent back", "Parameter(tag)", tag="medrec/v1")
    yield answer("signed by a patient", "Parameter(keyid)", who=PATIENT)
    yield answer("not bound to a request", "Components", components=SHAPES["Content"])
    yield answer("a whole record where a part was asked for", "Components", shape="Record", tamper=put(shape="PartOfRecord"))
    yield answer("a record instead of a message", "Components", shape="Record", tamper=put(shape="Content"))
    yield answer("the size is not signed", "Components", shape="Record",
                 components=SHAPES["Record"][:3] + list(BOUND))
    yield answer("the digest is missing", "MissingField(content-digest)",
                 tamper=header("content-digest", lambda _: None))
    yield answer("the size stands twice", "RepeatedField(medrec-size)", shape="Record",
                 tamper=header("medrec-size", lambda v: [v, v]))
    yield answer("no signature", "MissingField(signature)", tamper=header("signature", lambda _: None))
    yield answer("no signature-input", "MissingField(signature-input)",
                 tamper=header("signature-input", lambda _: None))


def rfc9421():
    """RFC 9421, appendix B.2.6, with the key of B.1.4."""
    private = Ed25519PrivateKey.from_private_bytes(
        base64.b64decode("MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF")[-32:])
    lines = [
        ('"date"', "Tue, 20 Apr 2021 02:07:55 GMT"), ('"@method"', "POST"), ('"@path"', "/foo"),
        ('"@authority"', "example.com"), ('"content-type"', "application/json"), ('"content-length"', "18"),
    ]
    params = f'({" ".join(name for name, _ in lines)});created=1618884473;keyid="test-key-ed25519"'
    signature = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    assert b64(private.sign(base_of(lines, params).encode())) == signature, "not the RFC's own example"
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"lines": lines, "params": params, "base": base_of(lines, params), "public_key": public.hex(),
            "signature": base64.b64decode(signature).hex()}


def code(*, version=1, chain_id="demo-1", endpoint=ENDPOINT, secret=bytes(range(16)), expires=NOW, prefix="mrenrol",
         rest=b""):
    """docs/spec/exchange-api.md, API-3."""
    text = lambda value: bytes([len(value)]) + value.encode()
    provider = hashlib.sha256(b"medrec/address/v1\0\0" + PUBLISHER.public).digest()[:20]
    layout = bytes([version]) + text(chain_id) + provider + text(endpoint) + secret + expires.to_bytes(8, "little")
    return bech32m(prefix, layout + rest)


def codes():
    good = code()
    yield {"name": "a code", "text": good, "accepted": True}
    yield {"name": "in capitals", "text": good.upper(), "accepted": True}
    yield {"name": "broken over two lines", "text": f" {good[:50]}\r\n\t{good[50:]}\n", "accepted": True}
    yield {"name": "one character is wrong", "text": good[:60] + ("q" if good[60] != "q" else "p") + good[61:],
           "accepted": False}
    yield {"name": "two characters are swapped", "text": good[:9] + good[10] + good[9] + good[11:], "accepted": False}
    yield {"name": "the end is missing", "text": good[:-1], "accepted": False}
    yield {"name": "capitals and small letters mixed", "text": good[:20].upper() + good[20:], "accepted": False}
    yield {"name": "a share code's prefix", "text": code(prefix="mrshare"), "accepted": False}
    yield {"name": "a newer version", "text": code(version=2), "accepted": False}
    yield {"name": "one byte more", "text": code(rest=b"\0"), "accepted": False}
    yield {"name": "a short secret", "text": code(secret=bytes(15)), "accepted": False}
    yield {"name": "a chain id with a space", "text": code(chain_id="demo 1"), "accepted": False}
    yield {"name": "no chain id", "text": code(chain_id=""), "accepted": False}
    yield {"name": "plain http to another computer", "text": code(endpoint="http://gatekeeper.example"),
           "accepted": False}
    yield {"name": "an endpoint with a path", "text": code(endpoint=ENDPOINT + "/x"), "accepted": False}
    yield {"name": "an endpoint with a slash at the end", "text": code(endpoint=ENDPOINT + "/"), "accepted": False}
    yield {"name": "an endpoint in capitals", "text": code(endpoint=ENDPOINT.upper()), "accepted": False}
    yield {"name": "an endpoint of 201 characters", "text": code(endpoint="https://" + "a" * 193), "accepted": False}
    yield {"name": "nothing", "text": "", "accepted": False}


def write(name, vectors):
    text = json.dumps(vectors, indent=1, ensure_ascii=False) + "\n"
    (pathlib.Path(sys.argv[1]) / name).write_text(text, encoding="utf-8")


write("http-signatures.json", {
    "about": [
        "The HTTP signature profile of docs/spec/http-signatures.md, mostly messages that must be refused.",
        "Written by crates/exchange/reference/write_vectors.py, which shares no code with the crate.",
        "expect: accepted, or the name of the error, with its field, parameter or seconds in brackets.",
        "base: what the signer signed, before anything was altered on the way. now, created: seconds since 1970.",
        "rfc9421: appendix B.2.6 of the RFC.",
    ],
    "rfc9421": rfc9421(),
    "requests": list(requests()),
    "answers": list(answers()),
})
write("enrolment-codes.json", {
    "about": [
        "Enrolment codes of docs/spec/exchange-api.md, mostly such that must be refused.",
        "Written by crates/exchange/reference/write_vectors.py, which shares no code with the crate.",
        "Every accepted text holds these values; secret_fingerprint is SHA-256 of its tag, a zero byte and the secret.",
    ],
    "chain_id": "demo-1", "provider": PUBLISHER.address, "endpoint": ENDPOINT, "expires": NOW,
    "secret_fingerprint": hashlib.sha256(b"medrec/enrolment-code/v1\0" + bytes(range(16))).hexdigest(),
    "codes": list(codes()),
})
