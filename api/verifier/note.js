// Signed notes, checkpoints and cosignatures (C2SP; transparency spec 1.1 to 1.3).

import { HASH_BYTES, concat, decimal, equal, fromBase64, hex, sha256, textOf, utf8 } from "./bytes.js";
import { checkPublicKey, verify } from "./ed25519.js";
import { readAs, refuse } from "./errors.js";

export const ED25519 = 0x01;
export const COSIGNATURE = 0x04;
export const MAX_NOTE_BYTES = 512 * 1024;
const MAX_SIGNATURES = 100;
const LINE_START = "\u2014 ";

// Python's str.isspace, with the separators that it counts and JavaScript does not.
const BLANK = /[\s\x1c-\x1f\x85]/;
const isValidName = (name) => name !== "" && !BLANK.test(name.replaceAll("\ufeff", "")) && !/[+\x00-\x1f]/.test(name);

// A verifier key `name+hash+base64`: {name, kind, public, keyId (hex)}.
export function parseVkey(vkey) {
  const first = vkey.indexOf("+"), second = vkey.indexOf("+", first + 1); // base64 holds "+" too
  if (first < 0 || second < 0) refuse("malformed-verifier-key", "the verifier key does not read name+hash+base64");
  const name = vkey.slice(0, first), stated = vkey.slice(first + 1, second);
  if (!isValidName(name)) refuse("malformed-verifier-key", "the verifier key's name is empty or holds a blank");
  const data = readAs("malformed-verifier-key", ["bad-base64"], () => fromBase64(vkey.slice(second + 1), "the public key"));
  if (data.length < 2) refuse("malformed-verifier-key", `the verifier key of ${name} holds no public key`);
  const key = { name, kind: data[0], public: data.subarray(1), keyId: keyHash(name, data, 4) };
  if (key.kind === ED25519 || key.kind === COSIGNATURE) checkPublicKey(key.public);
  if (key.keyId !== stated) refuse("malformed-verifier-key", `the verifier key of ${name} has the key id ${key.keyId}, not ${stated.slice(0, 16)}`);
  return key;
}

// The first bytes of SHA-256(name LF type and key), in hex.
export const keyHash = (name, typeAndKey, length) => hex(sha256(concat(utf8(`${name}\n`), typeAndKey)).subarray(0, length));

// {text, signatures: [{name, keyId (hex), signature}]}; judges no signature.
export function parseNote(bytes) {
  if (bytes.length > MAX_NOTE_BYTES) refuse("malformed-note", `the note has more than ${MAX_NOTE_BYTES} bytes`);
  let whole;
  try {
    whole = textOf(bytes);
  } catch {
    refuse("malformed-note", "the note is not valid UTF-8");
  }
  if (/[\x00-\x09\x0b-\x1f]/.test(whole)) refuse("malformed-note", "the note holds a control character other than the line feed");
  const gap = whole.lastIndexOf("\n\n");
  if (gap < 0 || gap + 2 === whole.length) refuse("malformed-note", "no empty line parts the note's text from its signatures");
  return { text: whole.slice(0, gap + 1), signatures: parseSignatureLines(whole.slice(gap + 2)) };
}

export function parseSignatureLines(block) {
  if (!block.endsWith("\n")) refuse("malformed-note", "the last signature line does not end in a line feed");
  const lines = block.slice(0, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) refuse("malformed-note", `the note bears more than ${MAX_SIGNATURES} signatures`);
  return lines.map(parseSignatureLine);
}

function parseSignatureLine(line) {
  if (!line.startsWith(LINE_START)) refuse("malformed-note", "a signature line does not begin with an em dash and a blank");
  const rest = line.slice(LINE_START.length), blank = rest.indexOf(" ");
  const name = rest.slice(0, blank);
  if (blank < 0 || !isValidName(name)) refuse("malformed-note", "a signature line does not read: em dash, key name, base64");
  const data = readAs("malformed-note", ["bad-base64"], () => fromBase64(rest.slice(blank + 1), `the signature of ${name.slice(0, 80)}`));
  if (data.length <= 4) refuse("malformed-note", `the signature of ${name.slice(0, 80)} holds no more than a key id`);
  return { name, keyId: hex(data.subarray(0, 4)), signature: data.subarray(4) };
}

// The signature lines of known keys, each checked: [{key, line}]; a bad line of a known key condemns the note.
export async function verifiedSignatures(note, keys) {
  const found = [];
  for (const line of note.signatures) {
    const key = keys.findLast((k) => k.name === line.name && k.keyId === line.keyId);
    if (key === undefined) continue;
    if (!(await isSignedBy(key, note.text, line.signature))) refuse("bad-note-signature", `the signature in the name of ${line.name} does not verify`);
    found.push({ key, line });
  }
  return found;
}

async function isSignedBy(key, text, signature) {
  if (key.kind === ED25519) return verify(key.public, utf8(text), signature);
  if (key.kind !== COSIGNATURE || signature.length !== 72) return false;
  const time = timestamp(signature);
  return time < 2n ** 63n && verify(key.public, utf8(cosignedMessage(text, time)), signature.subarray(8));
}

// What a witness signs: a header of two lines before the whole text of the checkpoint.
export const cosignedMessage = (text, time) => `cosignature/v1\ntime ${time}\n${text}`;

// The POSIX seconds at the head of a cosignature, as a BigInt.
export const timestamp = (signature) => new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);

export async function openNote(bytes, keys) {
  const note = parseNote(bytes);
  if ((await verifiedSignatures(note, keys)).length === 0) refuse("unknown-signer", "none of the keys that are trusted has signed this note");
  return note;
}

// {origin, size (BigInt), root}: exactly three lines.
export function parseCheckpoint(text) {
  const lines = text.split("\n");
  if (lines.at(-1) !== "" || lines.length < 4) refuse("malformed-checkpoint", "a checkpoint has three lines: origin, size and root hash");
  if (lines.length > 4) refuse("checkpoint-extension", "the checkpoint has extension lines; this registry writes none and accepts none");
  const [origin, sizeLine, rootLine] = lines;
  if (!isValidName(origin)) refuse("malformed-checkpoint", "the checkpoint's origin is empty, or holds a blank or a '+'");
  return readAs("malformed-checkpoint", ["bad-number", "bad-base64"], () => {
    const size = decimal(sizeLine, "the tree size");
    const root = fromBase64(rootLine, "the root hash", HASH_BYTES);
    if (size === 0n && !equal(root, sha256(new Uint8Array()))) refuse("malformed-checkpoint", "a tree of size 0 has one root only, and it is not this one");
    return { origin, size, root };
  });
}

// The checkpoint that one of `logs` signed, under a key that bears the origin's name: {checkpoint, note}.
export async function openCheckpoint(bytes, logs) {
  const note = await openNote(bytes, logs);
  const checkpoint = parseCheckpoint(note.text);
  const own = logs.filter((key) => key.name === checkpoint.origin).map((key) => key.keyId);
  if (!note.signatures.some((line) => line.name === checkpoint.origin && own.includes(line.keyId))) {
    refuse("wrong-origin", `no key of the log ${checkpoint.origin.slice(0, 80)} has signed this checkpoint`);
  }
  return { checkpoint, note };
}
