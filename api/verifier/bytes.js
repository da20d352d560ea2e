// Bytes and the text forms that have exactly one spelling: UTF-8, base64, decimal numbers.

import { sha256 } from "@noble/hashes/sha2.js";
import { refuse } from "./errors.js";

export { sha256 };
export const HASH_BYTES = 32;
export const MAX_NUMBER = 2n ** 63n - 1n;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const utf8 = (text) => encoder.encode(text);

// The text of UTF-8 bytes; a TypeError where they are none.
export const textOf = (bytes) => decoder.decode(bytes);

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const equal = (a, b) => a.length === b.length && a.every((byte, n) => byte === b[n]);

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

export function toBase64(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

// The bytes of standard, padded base64 in the spelling that encoding would give.
export function fromBase64(text, what, length = null) {
  let binary = null;
  try {
    binary = atob(text);
  } catch {
    // told below
  }
  if (binary === null || btoa(binary) !== text) refuse("bad-base64", `${what} is not standard base64, padded, with no stray bits`);
  if (length !== null && binary.length !== length) refuse("bad-base64", `${what} has ${binary.length} bytes where ${length} are required`);
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

// A number from 0 to 2^63 - 1 as a BigInt: ASCII digits, no sign, no leading zero.
export function decimal(text, what) {
  if (!/^(0|[1-9][0-9]{0,18})$/.test(text)) refuse("bad-number", `${what} is not a plain decimal number`);
  const number = BigInt(text);
  if (number > MAX_NUMBER) refuse("bad-number", `${what} is more than 2^63 - 1`);
  return number;
}

export function u64(number) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number));
  return bytes;
}

export const hashOf = (tag, ...parts) => sha256(concat(Uint8Array.of(tag), ...parts));
