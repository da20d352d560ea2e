// Canonical JSON (RFC 8785, narrowed: transparency spec 4.3): the bytes must be the one spelling of their value.
// So duplicate members, spare blanks, floats and numbers beyond 2^53 - 1 end here.

import { textOf, utf8 } from "./bytes.js";
import { VerificationError, refuse } from "./errors.js";

const ASCII = /^[\x00-\x7f]*$/;

export function parse(bytes) {
  let text, value, again;
  try {
    text = textOf(bytes);
    value = JSON.parse(text);
    again = canonical(value);
  } catch (error) {
    if (error instanceof VerificationError) throw error;
    refuse("not-canonical", "this is not JSON text in UTF-8"); // or it is nested without end
  }
  if (again !== text) refuse("not-canonical", "the JSON is not in canonical form (RFC 8785): it differs from its re-serialisation");
  return value;
}

export function parseObject(bytes) {
  const value = parse(bytes);
  if (!isObject(value)) refuse("not-canonical", "a JSON object is expected");
  return value;
}

export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
export const isInteger = (value) => typeof value === "number"; // what `parse` lets in is an integer

// The member of that name which the object itself has; undefined where it has none ("toString" is no member).
export const member = (object, name) => (Object.hasOwn(object, name) ? object[name] : undefined);

export const canonicalBytes = (value) => utf8(canonical(value));

export function canonical(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return canonicalText(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) refuse("not-canonical", "a number is no integer within 2^53 - 1 of zero; quantities are written as strings");
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const members = Object.keys(value).sort().map((name) => {
    if (!ASCII.test(name)) refuse("not-canonical", "a member's name is not ASCII text");
    return `${JSON.stringify(name)}:${canonical(value[name])}`;
  });
  return `{${members.join(",")}}`;
}

function canonicalText(text) {
  if (!ASCII.test(text)) {
    if (/\p{Surrogate}/u.test(text)) refuse("not-canonical", "a text holds half of a surrogate pair");
    if (text.normalize("NFC") !== text) refuse("not-canonical", "a text is not in Unicode normal form C");
  }
  return JSON.stringify(text);
}
