// The log's tree (RFC 6962, RFC 9162) and the map beneath it (transparency spec 2 and 4.2), as a verifier needs them.

import { HASH_BYTES, decimal, equal, fromBase64, hashOf, sha256, textOf, u64, utf8 } from "./bytes.js";
import { readAs, refuse } from "./errors.js";
import { MAX_NOTE_BYTES } from "./note.js";

export const KINDS = ["parcel", "unit", "case", "officer"];
export const EMPTY = new Uint8Array(HASH_BYTES);
export const BITS = 256;

export const leafHash = (entry) => hashOf(0x00, entry);
const nodeHash = (left, right) => hashOf(0x01, left, right);
const mapLeaf = (key, valueHash) => hashOf(0x02, key, valueHash);
const mapNode = (left, right) => hashOf(0x03, left, right);

// h_j = H(0x04 || h_(j-1) || u64(log index) || leaf hash)
export const foldHistory = (previous, index, leaf) => hashOf(0x04, previous, u64(index), leaf);

export const mapKey = (kind, origin, identifier) => sha256(utf8(`landlog/${kind}-key@v1\n${origin}\n${identifier}`));

// Accepts in silence that `leaf` is entry `index` of the tree (RFC 9162 s. 2.1.3.2); numbers are BigInts.
export function verifyInclusion({ leaf, index, size, proof, root }) {
  if ([leaf, root, ...proof].some((hash) => hash.length !== HASH_BYTES)) refuse("hash-length", `a hash is not ${HASH_BYTES} bytes long`);
  if (index >= size) refuse("not-included", `index ${index} lies outside of a tree of ${size} entries`);
  let fn = index, sn = size - 1n, reached = leaf;
  for (const sibling of proof) {
    if (sn === 0n) refuse("not-included", `the path is longer than a tree of ${size} entries allows`);
    if (fn & 1n || fn === sn) {
      reached = nodeHash(sibling, reached);
      while (!(fn & 1n) && fn) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else {
      reached = nodeHash(reached, sibling);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  if (sn !== 0n) refuse("not-included", `the path is shorter than a tree of ${size} entries requires`);
  if (!equal(reached, root)) refuse("not-included", "the path leads to another root than the one that was signed");
}

// {index (BigInt), path, checkpoint (text), extra}; nothing of it verified yet.
export function parseTlogProof(text) {
  if (text.length > 2 * MAX_NOTE_BYTES) refuse("malformed-tlog-proof", "the tlog-proof is longer than any proof and checkpoint can be");
  const gap = text.indexOf("\n\n");
  if (gap < 0) refuse("malformed-tlog-proof", "no empty line parts the inclusion proof from the checkpoint");
  const [title, ...lines] = text.slice(0, gap).split("\n");
  if (title !== "c2sp.org/tlog-proof@v1") refuse("malformed-tlog-proof", "a tlog-proof begins with the line c2sp.org/tlog-proof@v1");
  return readAs("malformed-tlog-proof", ["bad-number", "bad-base64"], () => {
    const extra = lines[0]?.startsWith("extra ") ? fromBase64(lines.shift().slice(6), "the extra data") : null;
    if (!lines[0]?.startsWith("index ")) refuse("malformed-tlog-proof", "the tlog-proof does not name the entry's index");
    const index = decimal(lines[0].slice(6), "the entry's index");
    if (lines.length > 64) refuse("malformed-tlog-proof", `the inclusion proof has ${lines.length - 1} hashes; no tree is that high`);
    const path = lines.slice(1).map((line) => fromBase64(line, "a hash of the path", HASH_BYTES));
    return { index, path, checkpoint: text.slice(gap + 2), extra };
  });
}

// Accepts in silence that `entry` is in the tree of a checkpoint whose signatures were checked.
export function verifyTlogProof(proof, entry, checkpoint) {
  verifyInclusion({ leaf: leafHash(entry), index: proof.index, size: checkpoint.size, proof: proof.path, root: checkpoint.root });
}

// Map heads, the log entries that state the map's root (transparency spec 4.4).
export function parseMapHead(entry) {
  const fault = (rule) => refuse("malformed-map-head", rule);
  let lines;
  try {
    lines = textOf(entry).split("\n");
  } catch {
    fault("the map head is not ASCII text");
  }
  if (entry.some((byte) => byte > 0x7f)) fault("the map head is not ASCII text");
  if (lines.length !== 7 || lines[0] !== "landlog/map-head@v1" || lines[6] !== "") fault("a map head has six lines, the first of them landlog/map-head@v1");
  if (!/^[a-z0-9][a-z0-9._/-]{0,63}$/.test(lines[5])) fault("the map head's last line is not the id of a projection");
  return readAs("malformed-map-head", ["bad-number", "bad-base64"], () => ({
    size: decimal(lines[1], "the map head's size"),
    root: fromBase64(lines[2], "the map root", HASH_BYTES),
    leaves: decimal(lines[3], "the number of leaves"),
    time: decimal(lines[4], "the map head's time"),
    projection: lines[5],
  }));
}

export const bit = (key, depth) => (key[depth >> 3] >> (7 - (depth & 7))) & 1;

// Accepts in silence that `key` has `value` (bytes) under `root`, or no leaf where the value is null.
export function verifyMapPath(proof, { key, value, root }) {
  const { path } = proof;
  if (path.length > BITS) refuse("map-path-refused", `the path has ${path.length} siblings; no key has more than ${BITS} bits`);
  if (path.some((sibling) => sibling.length !== HASH_BYTES)) refuse("map-path-refused", `a sibling of the path is not ${HASH_BYTES} bytes long`);
  if (path.length > 0 && equal(path[0], EMPTY)) refuse("map-path-refused", "the place lies deeper than it needs to: its sibling is empty");
  let current = terminal(proof, key, value), depth = path.length;
  for (const sibling of path) {
    depth -= 1;
    current = bit(key, depth) ? mapNode(sibling, current) : mapNode(current, sibling);
  }
  if (!equal(current, root)) refuse("map-path-refused", "the path leads to another root than the map's");
}

function terminal({ result, path, otherKey = null, otherValueHash = null }, key, value) {
  if ((result === "present") !== (value !== null)) refuse("map-path-refused", "a state belongs to a proof of presence, and to no other");
  if ((result === "absent-other") !== (otherKey !== null && otherValueHash !== null)) refuse("map-path-refused", "another leaf belongs to the proof 'absent-other', and to no other");
  if (value !== null) return mapLeaf(key, sha256(value));
  if (otherKey === null) return EMPTY;
  if (otherKey.length !== HASH_BYTES || otherValueHash.length !== HASH_BYTES) refuse("not-another-leaf", `the other leaf's key and value hash are ${HASH_BYTES} bytes each`);
  if (equal(otherKey, key)) refuse("not-another-leaf", "the leaf shown to prove absence is the very leaf that is looked for");
  if (path.some((_, depth) => bit(otherKey, depth) !== bit(key, depth))) refuse("not-another-leaf", `the other leaf's key differs within the first ${path.length} bits`);
  return mapLeaf(otherKey, otherValueHash);
}
