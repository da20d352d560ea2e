// Ed25519 with one meaning, that of libsodium (transparency spec 5.4): WebCrypto where the browser has it, noble where not.
//
// Libraries differ over keys of small order, over encodings that are not reduced, and over whether the equation is
// multiplied by the cofactor. The first two are refused here before any library is asked. The third is why noble's own
// `verify`, which has the cofactor even with `zip215: false`, is followed by the equation without it: a signer could
// otherwise make a signature that one verifier accepts and another does not.

import { Point, hashes, verify as nobleVerify } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat, equal, fromHex } from "./bytes.js";
import { refuse } from "./errors.js";

hashes.sha512 = sha512; // so that nothing is asked of WebCrypto, which a page over plain http does not have

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const Y_OF_ORDER_8 = littleEndian(fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"));
const SMALL_ORDER_Y = [0n, 1n, P - 1n, Y_OF_ORDER_8, P - Y_OF_ORDER_8];

function littleEndian(bytes) {
  let number = 0n;
  for (let n = bytes.length - 1; n >= 0; n--) number = (number << 8n) | BigInt(bytes[n]);
  return number;
}

const yOf = (encoded) => littleEndian(encoded) & (2n ** 255n - 1n); // the top bit is the sign of x
const isSmallOrder = (encoded) => SMALL_ORDER_Y.includes(yOf(encoded) % P);

// Lets pass a key that every Ed25519 library judges alike.
export function checkPublicKey(key) {
  if (key.length !== 32) refuse("key-length", `an Ed25519 public key has 32 bytes, this one ${key.length}`);
  if (isSmallOrder(key)) refuse("small-order-key", "the public key is a point of small order: anyone can sign for it");
  if (yOf(key) >= P) refuse("non-canonical-key", "the public key is not written in its one canonical form");
  let sound = false;
  try {
    sound = Point.fromBytes(key, false).isTorsionFree();
  } catch {
    // not on the curve
  }
  if (!sound) refuse("invalid-point", "the public key is not a point of the curve's main subgroup");
}

// Whether `signature` is the key's over `message`; never throws.
export async function verify(key, message, signature) {
  if (key.length !== 32 || signature.length !== 64) return false;
  if (isSmallOrder(key) || yOf(key) >= P || isSmallOrder(signature.subarray(0, 32))) return false;
  if (littleEndian(signature.subarray(32)) >= ORDER) return false;
  const imported = await importKey(key);
  if (imported === null) return verifyByNoble(key, message, signature);
  try {
    return await crypto.subtle.verify("Ed25519", imported, signature, message);
  } catch {
    return false;
  }
}

async function importKey(key) {
  try {
    return await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return null; // no WebCrypto, none with Ed25519, or no such point: noble tells the last
  }
}

function verifyByNoble(key, message, signature) {
  try {
    if (!nobleVerify(signature, message, key, { zip215: false })) return false;
    const r = signature.subarray(0, 32);
    const k = littleEndian(sha512(concat(r, key, message))) % ORDER;
    const s = littleEndian(signature.subarray(32));
    const reached = times(Point.BASE, s).add(times(Point.fromBytes(key, false), k).negate());
    return equal(reached.toBytes(), r); // R = [S]B - [k]A
  } catch {
    return false;
  }
}

const times = (point, scalar) => (scalar === 0n ? Point.ZERO : point.multiply(scalar, false));

// Which of the two judges here, for the small print of a verdict.
export async function implementation() {
  const key = fromHex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8");
  return (await importKey(key)) === null ? "noble" : "WebCrypto";
}
