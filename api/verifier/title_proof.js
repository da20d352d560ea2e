// The file that proves a title (landlog/title-proof@v1, transparency spec 4.5): its form. `verify.js` judges it.

import { HASH_BYTES, fromBase64 } from "./bytes.js";
import { isInteger, isObject, parseObject } from "./canon.js";
import { readAs, refuse } from "./errors.js";
import { BITS, KINDS } from "./tree.js";

export const FORMAT = "landlog/title-proof@v1";
export const MAX_BYTES = 4 * 1024 * 1024;
const MAX_STATES = 64, MAX_OPENINGS = 1024, MAX_HISTORY = 65536, MAX_PATH = 63;
const OPTIONAL = ["history", "genesis", "openings"]; // nothing else is missed when its name is spoilt
const RESULTS = ["present", "absent-empty", "absent-other"];

const fault = (message) => refuse("malformed-title-proof", message);

export function parseTitleProof(bytes) {
  if (bytes.length > MAX_BYTES) fault(`the proof has ${bytes.length} bytes, more than ${MAX_BYTES}`);
  const data = bytes.at(-1) === 10 ? bytes.subarray(0, -1) : bytes;
  return readAs("malformed-title-proof", ["not-canonical", "bad-base64"], () => {
    const whole = new Members(parseObject(data), "the proof", ["format", "origin", "parcel", "map_head", "map_head_proof", "states", "genesis", "openings"]);
    if (whole.text("format") !== FORMAT) fault(`the file's format is not ${FORMAT}`);
    return {
      origin: whole.text("origin"),
      parcel: whole.text("parcel"),
      mapHead: whole.base64("map_head"),
      mapHeadProof: whole.text("map_head_proof"),
      states: whole.list("states", 1, MAX_STATES).map((item, n) => parseState(item, `states[${n}]`)),
      genesis: whole.has("genesis") ? parseGenesisPlace(whole.any("genesis")) : null,
      openings: whole.has("openings") ? whole.list("openings", 1, MAX_OPENINGS).map((item, n) => parseOpening(item, `openings[${n}]`)) : [],
    };
  });
}

function parseState(item, where) {
  const members = new Members(item, where, ["kind", "id", "result", "value", "path", "history", "other_key", "other_value_hash"]);
  const kind = members.text("kind"), result = members.text("result");
  if (!KINDS.includes(kind)) fault(`${where}.kind is none of ${KINDS.join(", ")}`);
  if (!RESULTS.includes(result)) fault(`${where}.result is none of ${RESULTS.join(", ")}`);
  const present = result === "present", other = result === "absent-other";
  members.onlyIf(present, "value", "history");
  members.onlyIf(other, "other_key", "other_value_hash");
  return {
    kind,
    id: members.text("id"),
    value: present ? members.base64("value") : null,
    proof: {
      result,
      path: members.list("path", 0, BITS).map((sibling, n) => hash(sibling, `${where}.path[${n}]`)),
      otherKey: other ? members.base64("other_key", HASH_BYTES) : null,
      otherValueHash: other ? members.base64("other_value_hash", HASH_BYTES) : null,
    },
    history: members.has("history") ? parseHistory(members) : null,
  };
}

function parseHistory(state) {
  return state.list("history", 1, MAX_HISTORY).map((item, n) => {
    const members = new Members(item, `${state.where}.history[${n}]`, ["index", "entry"]);
    return { index: members.index("index"), entry: members.base64("entry") };
  });
}

function parseGenesisPlace(item) {
  const members = new Members(item, "genesis", ["entry", "path"]);
  const path = members.list("path", 1, MAX_PATH);
  return { entry: members.base64("entry"), path: path.map((sibling, n) => hash(sibling, `genesis.path[${n}]`)) };
}

function parseOpening(item, where) {
  const members = new Members(item, where, ["commitment", "field", "salt", "value"]);
  return { commitment: members.text("commitment"), field: members.text("field"), salt: members.base64("salt", HASH_BYTES), value: members.any("value") };
}

function hash(item, where) {
  if (typeof item !== "string") fault(`${where} is not text`);
  return fromBase64(item, where, HASH_BYTES);
}

// The members of one JSON object, read by name and type; complaints say where in the proof they are.
class Members {
  constructor(item, where, known) {
    if (!isObject(item)) fault(`${where} is not an object`);
    this.where = where;
    this.item = item;
    for (const name of Object.keys(item)) {
      if (known.includes(name)) continue;
      if (!/^[A-Za-z0-9_-]+$/.test(name)) fault(`${where} has a member whose name is no plain word`);
      const right = known.find((word) => isOneLetterApart(name, word) || (OPTIONAL.includes(word) && isWithin(name, word)));
      if (right !== undefined) fault(`${where} has a member ${name}, which looks like ${right} misspelt`);
    }
  }
  has(name) {
    return Object.hasOwn(this.item, name);
  }
  onlyIf(allowed, ...names) {
    for (const name of names) if (this.has(name) && !allowed) fault(`${this.where}.${name} does not belong to this result`);
  }
  any(name) {
    if (!this.has(name)) fault(`${this.where} lacks the member ${name}`);
    return this.item[name];
  }
  text(name) {
    const value = this.any(name);
    if (typeof value !== "string") fault(`${this.where}.${name} is not text`);
    return value;
  }
  index(name) {
    const value = this.any(name);
    if (!isInteger(value) || value < 0) fault(`${this.where}.${name} is not an index of the log`);
    return value;
  }
  base64(name, length = null) {
    return fromBase64(this.text(name), `${this.where}.${name}`, length);
  }
  list(name, least, most) {
    const value = this.any(name);
    if (!Array.isArray(value)) fault(`${this.where}.${name} is not a list`);
    if (value.length < least || value.length > most) fault(`${this.where}.${name} has ${value.length} items, not ${least} to ${most}`);
    return value;
  }
}

const isOneLetterApart = (name, right) => name.length === right.length && [...name].filter((letter, n) => letter !== right[n]).length === 1;

// Whether one of the two is the other with up to three letters added.
function isWithin(name, right) {
  const [short, long] = [name, right].sort((a, b) => a.length - b.length);
  let matched = 0;
  for (const letter of long) if (letter === short[matched]) matched += 1;
  return long.length - short.length <= 3 && matched === short.length;
}
