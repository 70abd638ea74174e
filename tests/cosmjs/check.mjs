// Reads a whole ledger with CosmJS, a client that nobody here wrote, and computes every hash and checks every
// vote again with Node's own cryptography and an encoder of its own.
//
//   node check.mjs URL [RECORDED]
//
// RECORDED: folder of answers that a real CometBFT node gave (tendermint-rpc, tests/kvstore_fixtures/v0_38/incoming).
// With it the hashing below is first tried on those, so that it is known to be CometBFT's and not ours.
// Prints one line of JSON with what was checked; ends with an error at the first difference.

import assert from "node:assert/strict";
import crypto from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Comet38Client } from "@cosmjs/tendermint-rpc";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const sha256 = (bytes) => crypto.createHash("sha256").update(bytes).digest();

// --- Merkle tree as in RFC 6962
function largestPowerBelow(count) {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}
function merkleRoot(leaves) {
  if (leaves.length === 0) return sha256(Buffer.alloc(0));
  if (leaves.length === 1) return sha256(Buffer.concat([Buffer.from([0]), leaves[0]]));
  const middle = largestPowerBelow(leaves.length);
  const halves = [merkleRoot(leaves.slice(0, middle)), merkleRoot(leaves.slice(middle))];
  return sha256(Buffer.concat([Buffer.from([1]), ...halves]));
}

// --- protobuf
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
function varint(number) {
  let rest = BigInt(number);
  const out = [];
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    out.push(rest ? low | 128 : low);
  } while (rest);
  return Buffer.from(out);
}
const tag = (field, wire) => varint((field << 3) | wire);
const number = (field, value) => (BigInt(value) ? Buffer.concat([tag(field, VARINT), varint(value)]) : Buffer.alloc(0));
const message = (field, bytes) => Buffer.concat([tag(field, BYTES), varint(bytes.length), bytes]);
const bytes = (field, value) => (value && value.length ? message(field, Buffer.from(value)) : Buffer.alloc(0));
function fixed64(field, value) {
  if (!BigInt(value)) return Buffer.alloc(0);
  const out = Buffer.alloc(8);
  out.writeBigInt64LE(BigInt(value));
  return Buffer.concat([tag(field, FIXED64), out]);
}
function timestamp(date) {
  const milliseconds = date.getTime();
  const seconds = Math.floor(milliseconds / 1000);
  const nanoseconds = (milliseconds - seconds * 1000) * 1e6 + (date.nanoseconds ?? 0);
  return Buffer.concat([number(1, seconds), number(2, nanoseconds)]);
}

// --- CometBFT's messages
const partSet = (parts) => Buffer.concat([number(1, parts.total), bytes(2, parts.hash)]);
const blockId = (id) => Buffer.concat([bytes(1, id?.hash), message(2, id ? partSet(id.parts) : Buffer.alloc(0))]);

function headerHash(header) {
  return merkleRoot([
    Buffer.concat([number(1, header.version.block), number(2, header.version.app)]),
    bytes(1, Buffer.from(header.chainId)),
    number(1, header.height),
    timestamp(header.time),
    blockId(header.lastBlockId),
    bytes(1, header.lastCommitHash),
    bytes(1, header.dataHash),
    bytes(1, header.validatorsHash),
    bytes(1, header.nextValidatorsHash),
    bytes(1, header.consensusHash),
    bytes(1, header.appHash),
    bytes(1, header.lastResultsHash),
    bytes(1, header.evidenceHash),
    bytes(1, header.proposerAddress),
  ]);
}

const PRECOMMIT = 2;
function signedBytes(chainId, commit, signature) {
  const canonical = Buffer.concat([
    number(1, PRECOMMIT),
    fixed64(2, commit.height),
    fixed64(3, commit.round),
    message(4, Buffer.concat([bytes(1, commit.blockId.hash), message(2, partSet(commit.blockId.parts))])),
    message(5, timestamp(signature.timestamp)),
    bytes(6, Buffer.from(chainId)),
  ]);
  return Buffer.concat([varint(canonical.length), canonical]);
}

const commitSignature = (one) =>
  Buffer.concat([
    number(1, one.blockIdFlag),
    bytes(2, one.validatorAddress),
    message(3, timestamp(one.timestamp)),
    bytes(4, one.signature),
  ]);
const simpleValidator = (one) => Buffer.concat([message(1, bytes(1, one.pubkey.data)), number(2, one.votingPower)]);
const execResult = (one) =>
  Buffer.concat([number(1, one.code), bytes(2, one.data), number(5, one.gasWanted), number(6, one.gasUsed)]);

function verifyVote(pubkey, signed, signature) {
  const prefix = Buffer.from("302a300506032b6570032100", "hex");
  const key = crypto.createPublicKey({ key: Buffer.concat([prefix, Buffer.from(pubkey)]), format: "der", type: "spki" });
  return crypto.verify(null, signed, key, Buffer.from(signature));
}

function same(found, expected, what) {
  assert.equal(hex(found), hex(expected), what);
}

// --- the ledger
async function checkHeight(client, height, before, counts) {
  const { header, commit } = await client.commit(height);
  const { block, blockId: id } = await client.block(height);
  const { validators } = await client.validators({ height });
  const { results } = await client.blockResults(height);

  same(headerHash(header), commit.blockId.hash, `header ${height} and its commit`);
  same(headerHash(block.header), id.hash, `block ${height} and its id`);
  same(merkleRoot(block.txs.map(sha256)), header.dataHash, `transactions of ${height}`);
  same(merkleRoot(validators.map(simpleValidator)), header.validatorsHash, `validators of ${height}`);
  same(merkleRoot((block.lastCommit?.signatures ?? []).map(commitSignature)), header.lastCommitHash, `last commit of ${height}`);
  counts.hashes += 5;
  if (before) {
    same(header.lastBlockId.hash, before.hash, `${height} follows its predecessor`);
    same(header.lastResultsHash, before.results, `results before ${height}`);
    same(header.validatorsHash, before.nextValidators, `validators of ${height} were announced`);
    counts.hashes += 3;
  }
  for (const signature of commit.signatures) {
    const voter = validators.find((one) => hex(one.address) === hex(signature.validatorAddress));
    assert.ok(voter, `the voter of ${height} is a validator`);
    same(sha256(voter.pubkey.data).subarray(0, 20), voter.address, `address of the voter of ${height}`);
    const signed = signedBytes(header.chainId, commit, signature);
    assert.ok(verifyVote(voter.pubkey.data, signed, signature.signature), `vote for ${height}`);
    counts.votes += 1;
  }
  for (const [index, raw] of block.txs.entries()) {
    const found = await client.tx({ hash: sha256(raw), prove: true });
    assert.equal(found.height, height);
    assert.equal(found.index, index);
    same(found.proof.rootHash, header.dataHash, `proof of a transaction of ${height}`);
    counts.transactions += 1;
  }
  if (block.txs.length > 0) {
    const found = await client.txSearchAll({ query: `tx.height=${height}` });
    assert.equal(found.totalCount, block.txs.length);
  }
  return { hash: id.hash, results: merkleRoot(results.map(execResult)), nextValidators: header.nextValidatorsHash };
}

/** A node that always gives one recorded answer. */
function recordedNode(folder, name) {
  const { result } = JSON.parse(readFileSync(path.join(folder, `${name}.json`), "utf8"));
  return Comet38Client.create({ execute: async (request) => ({ jsonrpc: "2.0", id: request.id, result }), disconnect: () => {} });
}

async function checkAgainstRecorded(folder) {
  const { header, commit } = await (await recordedNode(folder, "commit_at_height_10")).commit(10);
  same(headerHash(header), commit.blockId.hash, "a header that a real CometBFT node made");
  const { genesis } = JSON.parse(readFileSync(path.join(folder, "genesis.json"), "utf8")).result;
  const pubkey = Buffer.from(genesis.validators[0].pub_key.value, "base64");
  const [signature] = commit.signatures;
  assert.ok(verifyVote(pubkey, signedBytes(header.chainId, commit, signature), signature.signature), "a real vote");
  const { block } = await (await recordedNode(folder, "block_at_height_10")).block(10);
  same(merkleRoot(block.lastCommit.signatures.map(commitSignature)), block.header.lastCommitHash, "a real last commit");
  same(merkleRoot(block.txs.map(sha256)), block.header.dataHash, "real transactions");
}

const [url, recorded] = process.argv.slice(2);
assert.ok(url, "usage: node check.mjs URL [RECORDED]");
if (recorded) await checkAgainstRecorded(recorded);
const client = await Comet38Client.connect(url);
const status = await client.status();
const newest = status.syncInfo.latestBlockHeight;
const counts = { hashes: 0, votes: 0, transactions: 0 };
let before;
for (let height = 1; height <= newest; height += 1) before = await checkHeight(client, height, before, counts);
const genesis = await client.genesis();
assert.equal(genesis.chainId, status.nodeInfo.network);
const info = await client.abciInfo();
assert.ok(info.lastBlockHeight >= newest);
const leaf = await client.abciQuery({ path: "/state", data: Buffer.from("63", "hex"), height: newest - 1, prove: true });
assert.equal(leaf.code, 0, leaf.log);
assert.equal(leaf.proof.ops[0].type, "jmt:sha256:v1");
assert.ok(leaf.value.length > 0);
await client.health();
client.disconnect();
console.log(JSON.stringify({ heights: newest, ...counts, recorded: Boolean(recorded) }));
