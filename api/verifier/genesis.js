// The genesis entry, the first of every log (registry/genesis_entry.py): it names the root keys, and is signed by them.

import { fromBase64 } from "./bytes.js";
import { isInteger, isObject, member } from "./canon.js";
import { keyidOf, parseEntry, verifyEnvelope } from "./dsse.js";
import { checkPublicKey } from "./ed25519.js";
import { readAs, refuse } from "./errors.js";
import { parseVkey } from "./note.js";

const GENESIS = "application/vnd.landlog.genesis.v1+json";
const MOST_ROOT_KEYS = 8;
const fault = (message) => refuse("malformed-genesis", message);
const isText = (value) => typeof value === "string";

// {origin, rootKeys: Map of public keys by key id, threshold}, if enough of its own root keys have signed it.
export async function parseGenesis(entry) {
  const { envelope, payload } = parseEntry(entry);
  if (envelope.payloadType !== GENESIS) fault(`the entry is of type ${envelope.payloadType}, not a genesis`);
  const genesis = readGenesis(payload);
  await verifyEnvelope(envelope, genesis.rootKeys);
  if (envelope.signatures.length < genesis.threshold) refuse("too-few-root-signatures", `${envelope.signatures.length} of the root keys have signed, and ${genesis.threshold} must`);
  return genesis;
}

function readGenesis(payload) {
  const [schema, origin, keys, threshold, logKeys, projection] = ["schema", "origin", "root_keys", "threshold", "log_keys", "projection"].map((name) => member(payload, name));
  const says = isObject(projection) && isText(member(projection, "id")) && isText(member(projection, "sha256"));
  if (schema !== 1 || !isText(origin) || !Array.isArray(keys) || !isInteger(threshold) || !Array.isArray(logKeys) || !says) fault("a genesis entry has schema, origin, root_keys, threshold, log_keys and projection");
  const rootKeys = new Map(keys.map(rootKey));
  const ids = [...rootKeys.keys()];
  if (ids.length !== keys.length || ids.some((id, n) => n > 0 && ids[n - 1] > id) || ids.length > MOST_ROOT_KEYS) fault(`the root keys are 1 to ${MOST_ROOT_KEYS}, each once, sorted by key id`);
  if (threshold < 1 || threshold > ids.length) fault(`a threshold of ${threshold} cannot be met by ${ids.length} root keys`);
  if (logKeys.length === 0 || logKeys.some((vkey) => parseVkey(String(vkey)).name !== origin)) fault("the log's keys bear the origin as their name");
  return { origin, rootKeys, threshold };
}

function rootKey(text) {
  const key = readAs("malformed-genesis", ["bad-base64"], () => fromBase64(isText(text) ? text : "", "the public key", 32));
  checkPublicKey(key);
  return [keyidOf(key), key];
}
