// Signed orders: DSSE envelopes, whose bytes are the log's entries (transparency spec 5.2).

import { concat, fromBase64, hex, sha256, utf8 } from "./bytes.js";
import { isObject, parseObject } from "./canon.js";
import { verify } from "./ed25519.js";
import { readAs, refuse } from "./errors.js";

export const EVENT = "application/vnd.landlog.event.v1+json";
export const KEY = "application/vnd.landlog.key.v1+json";
export const MAX_ENTRY_BYTES = 65535;
const MAX_SIGNATURES = 8;

export function pae(payloadType, payload) {
  const name = utf8(payloadType);
  return concat(utf8(`DSSEv1 ${name.length} `), name, utf8(` ${payload.length} `), payload);
}

export const keyidOf = (key) => hex(sha256(key));

const hasExactly = (object, ...names) => isObject(object) && Object.keys(object).sort().join() === names.sort().join();

// {envelope: {payloadType, payload, signatures: [{keyid, sig}]}, payload (object)}; judges form, not signatures.
export function parseEntry(entry) {
  const fault = (message) => refuse("malformed-envelope", message);
  if (entry.length > MAX_ENTRY_BYTES) refuse("entry-too-large", `the signed order has ${entry.length} bytes; an entry of the log has at most ${MAX_ENTRY_BYTES}`);
  const document = readAs("malformed-envelope", ["not-canonical"], () => parseObject(entry));
  const { payload, payloadType, signatures: items } = document;
  if (!hasExactly(document, "payload", "payloadType", "signatures") || typeof payload !== "string" || typeof payloadType !== "string" || !Array.isArray(items)) {
    fault("an envelope has the members payload, payloadType and signatures");
  }
  const signatures = items.map((item) => {
    if (!hasExactly(item, "keyid", "sig") || typeof item.keyid !== "string" || typeof item.sig !== "string") fault("a signature has the members keyid and sig");
    return { keyid: item.keyid, sig: readAs("malformed-envelope", ["bad-base64"], () => fromBase64(item.sig, "a signature", 64)) };
  });
  checkSignatures(signatures.map((signature) => signature.keyid), fault);
  const data = readAs("malformed-envelope", ["bad-base64"], () => fromBase64(payload, "the payload"));
  const read = readAs("payload-not-canonical", ["not-canonical"], () => parseObject(data));
  return { envelope: { payloadType, payload: data, signatures }, payload: read };
}

function checkSignatures(ids, fault) {
  if (ids.length < 1 || ids.length > MAX_SIGNATURES) refuse("signature-count", `an envelope bears 1 to ${MAX_SIGNATURES} signatures, this one ${ids.length}`);
  if (!ids.every((id) => /^[0-9a-f]{64}$/.test(id))) fault("a key id is 64 lower-case hexadecimal digits");
  if (new Set(ids).size !== ids.length) refuse("signature-order", "one key has signed twice; each key signs once");
  if (ids.some((id, n) => n > 0 && ids[n - 1] > id)) refuse("signature-order", "the signatures are not sorted by key id");
}

// Accepts in silence when every signature is good; `keys` is a Map of public keys by key id.
export async function verifyEnvelope(envelope, keys) {
  const message = pae(envelope.payloadType, envelope.payload);
  for (const { keyid, sig } of envelope.signatures) {
    const key = keys.get(keyid);
    if (key === undefined) refuse("unknown-key", `the key ${keyid} is not known to this registry`);
    if (keyidOf(key) !== keyid || !(await verify(key, message, sig))) refuse("bad-signature", `the signature by the key ${keyid} does not fit this payload`);
  }
}
