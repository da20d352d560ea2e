// The code on a printed extract (registry/qr.py): digits, zlib, COSE_Sign1 (RFC 9052) over deterministic CBOR (RFC 8949).

import { HASH_BYTES, concat, equal, hex, textOf, utf8 } from "./bytes.js";
import { checkPublicKey, verify } from "./ed25519.js";
import { VerificationError, refuse } from "./errors.js";
import { inflate } from "./inflate.js";
import { keyHash, parseVkey } from "./note.js";

const MOST_TEXT = 2048, MOST_DIGITS = 1000, MOST_UNPACKED = 2048, DEEPEST = 8, MAX_SKEW = 300;
const PAPER_KEY = 0xff;
const KEY_KIND = utf8("landlog/paper@v1");
export const BURDENS = ["charges", "restrictions", "holds", "pending"];

const unreadable = (message) => refuse("paper-unreadable", message);

// The keys that a policy names for papers, in lines `#!paper <vkey>`: [{origin, public, kid (hex)}].
export function paperKeys(policy) {
  const lines = new TextDecoder().decode(policy).split("\n");
  return lines.flatMap((line, n) => {
    const words = line.trim().split(/\s+/);
    if (words[0] !== "#!paper") return [];
    try {
      if (words.length !== 2) refuse("malformed-policy", "there is one key on such a line");
      return [parsePaperKey(words[1])];
    } catch (error) {
      if (error instanceof VerificationError) refuse("malformed-policy", `policy line ${n + 1}: the line reads #!paper and the verifier key of a press (${error.message})`);
      throw error;
    }
  });
}

export function parsePaperKey(vkey) {
  const key = parseVkey(vkey);
  const isPress = key.kind === PAPER_KEY && equal(key.public.subarray(0, KEY_KIND.length), KEY_KIND);
  if (!isPress) refuse("malformed-verifier-key", `the key of ${key.name.slice(0, 80)} is not that of a press of papers`);
  const press = key.public.subarray(KEY_KIND.length);
  checkPublicKey(press);
  return { origin: key.name, public: press, kid: keyHash(key.name, concat(Uint8Array.of(PAPER_KEY), key.public), 8) };
}

export const looksLikePaper = (text) => /^\s*(https?:\/\/[^\s#]{1,400}#)?[0-9]{16,}\s*$/.test(text.slice(0, MOST_TEXT));

// What a paper says, once one of the keys is found to have signed it; `now` in POSIX seconds.
export async function verifyPaper(text, keys, { now }) {
  const cose = await unpack(fromDigits(digitsIn(text)));
  const message = decodeCbor(cose);
  const [header, unprotected, body, signature] = message instanceof Tagged && message.tag === 18 && Array.isArray(message.value) && message.value.length === 4 ? message.value : [];
  if (![header, body, signature].every((part) => part instanceof Uint8Array) || !(unprotected instanceof Map) || unprotected.size > 0) unreadable("the code is not a signed paper");
  const kid = kidOf(header);
  const named = keys.filter((key) => key.kid === kid);
  if (named.length === 0) refuse("unknown-paper-key", `the paper is signed by a key ${kid} that the policy does not name for papers`, "Add the registry's #!paper line to the policy, from a source you trust.");
  const signed = encodeCbor(["Signature1", header, new Uint8Array(), body]);
  const judged = await Promise.all(named.map((key) => verify(key.public, signed, signature)));
  if (!judged.includes(true)) refuse("paper-forged", "the signature is not that of the registry's press", "Do not rely on this paper; ask the registry for the title proof of the parcel.");
  const paper = read(body);
  if (!named.some((key) => key.origin === paper.origin)) refuse("paper-forged", `the press that signed is not that of ${paper.origin.slice(0, 80)}`);
  if (paper.asOf > BigInt(now + MAX_SKEW)) refuse("paper-from-the-future", "the paper is dated later than this machine's clock", "Set the clock of this machine right.");
  return paper;
}

function kidOf(header) {
  const fields = decodeCbor(header);
  const kid = fields instanceof Map && fields.size === 2 && fields.get(1n) === -8n ? fields.get(4n) : null;
  if (!(kid instanceof Uint8Array) || kid.length !== 8) unreadable("the code is not signed with Ed25519 by a key that it names");
  return hex(kid);
}

const isText = (value) => typeof value === "string";
const isCount = (value) => typeof value === "bigint" && value >= 0n;
const isMaybe = (is) => (value) => value === null || is(value);
const isHash = (value) => value instanceof Uint8Array && value.length === HASH_BYTES;
const isHolder = (value) => Array.isArray(value) && value.length === 2 && isText(value[0]) && isMaybe(isText)(value[1]);
const isBurden = isMaybe((value) => isCount(value) || (Array.isArray(value) && value.every(isText)));
const MEMBERS = [
  (value) => value === 1n, isText, isText, (value) => value === 0n || value === 1n, isCount, isText, isMaybe(isText),
  (value) => Array.isArray(value) && value.every(isHolder), isCount,
  (value) => Array.isArray(value) && value.length === BURDENS.length && value.every(isBurden), isCount, isCount, isHash,
];

function read(body) {
  const document = decodeCbor(body);
  const isPaper = document instanceof Map && document.size === MEMBERS.length && MEMBERS.every((isRight, n) => isRight(document.get(BigInt(n))));
  if (!isPaper) unreadable("the paper's members are not those of landlog/paper@v1");
  const [, origin, parcel, retired, version, label, area, holders, holderCount, burdens, size, asOf, proofSha256] = [...document.values()];
  if (BigInt(holders.length) > holderCount) unreadable("holders are not counted");
  return { origin, parcel, retired: retired === 1n, version, label, area, holders, holderCount, burdens: Object.fromEntries(BURDENS.map((name, n) => [name, burdens[n]])), size, asOf, proofSha256: hex(proofSha256) };
}

function digitsIn(text) {
  const digits = text.trim().split("#").at(-1);
  if (text.length > MOST_TEXT || digits.length > MOST_DIGITS) unreadable("the text is longer than any paper's code");
  if (!/^[1-9][0-9]*$/.test(digits)) unreadable("a paper's code is an address and, after #, digits alone");
  return digits;
}

// The bytes of a number, whose leading 1 keeps the zeros at the front.
function fromDigits(digits) {
  let written = BigInt(digits).toString(16);
  if (written.length % 2) written = `0${written}`;
  const bytes = Uint8Array.from(written.match(/../g), (pair) => parseInt(pair, 16));
  if (bytes[0] !== 1) unreadable("the code is damaged: a digit is wrong or missing");
  return bytes.subarray(1);
}

async function unpack(bytes) {
  if (bytes[0] !== 0x78) return bytes; // zlib's first byte; a COSE_Sign1 begins with 0xd2
  const cose = await inflate(bytes, MOST_UNPACKED);
  return cose ?? unreadable("the code is damaged, or longer than any paper's");
}

// ---- CBOR: integers (BigInt), byte strings, texts, lists, maps (Map), null and one tag, each in its one spelling

class Tagged {
  constructor(tag, value) {
    this.tag = tag;
    this.value = value;
  }
}

function head(kind, number) {
  if (number < 24n) return Uint8Array.of((kind << 5) | Number(number));
  const more = [8n, 16n, 32n, 64n].findIndex((bits) => number < 1n << bits);
  const bytes = [];
  for (let at = (1 << more) - 1; at >= 0; at--) bytes.push(Number((number >> BigInt(8 * at)) & 0xffn));
  return Uint8Array.of((kind << 5) | (24 + more), ...bytes);
}

export function encodeCbor(value) {
  if (value === null) return Uint8Array.of(0xf6);
  if (typeof value === "bigint") return value >= 0n ? head(0, value) : head(1, -1n - value);
  if (value instanceof Uint8Array) return concat(head(2, BigInt(value.length)), value);
  if (typeof value === "string") {
    const bytes = utf8(value);
    return concat(head(3, BigInt(bytes.length)), bytes);
  }
  if (Array.isArray(value)) return concat(head(4, BigInt(value.length)), ...value.map(encodeCbor));
  if (value instanceof Tagged) return concat(head(6, BigInt(value.tag)), encodeCbor(value.value));
  const pairs = [...value].map(([name, item]) => [encodeCbor(name), encodeCbor(item)]);
  pairs.sort(([a], [b]) => (hex(a) < hex(b) ? -1 : 1));
  return concat(head(5, BigInt(pairs.length)), ...pairs.flat());
}

export function decodeCbor(bytes) {
  let at = 0;
  const take = (size) => {
    if (size > bytes.length - at) unreadable("the bytes end too soon");
    at += size;
    return bytes.subarray(at - size, at);
  };
  const number = (short) => {
    if (short < 24) return BigInt(short);
    if (short > 27) unreadable("a length is left open");
    const value = take(1 << (short - 24)).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    return value < 2n ** 63n ? value : unreadable("a number has more than 63 bits");
  };
  const count = (items) => (items > BigInt(bytes.length - at) ? unreadable("the bytes end too soon") : Number(items));
  const value = (depth) => {
    if (depth === 0) unreadable("the value is nested too deep");
    const [first] = take(1);
    if (first === 0xf6) return null;
    const short = number(first & 0x1f);
    switch (first >> 5) {
      case 0: return short;
      case 1: return -1n - short;
      case 2: return take(count(short));
      case 3: return text(take(count(short)));
      case 4: return Array.from({ length: count(short) }, () => value(depth - 1));
      case 5: return new Map(Array.from({ length: count(short) }, () => [name(), value(depth - 1)]));
      case 6: return new Tagged(Number(short), value(depth - 1));
      default: return unreadable("the value is of a kind that is not read here");
    }
  };
  const name = () => {
    const [first] = take(1);
    return first >> 5 === 0 ? number(first & 0x1f) : unreadable("a member's name is not a small number");
  };
  const read = value(DEEPEST);
  if (!equal(encodeCbor(read), bytes)) unreadable("the bytes are not the one spelling of their value");
  return read;
}

function text(bytes) {
  try {
    return textOf(bytes);
  } catch {
    return unreadable("a text is not UTF-8");
  }
}
