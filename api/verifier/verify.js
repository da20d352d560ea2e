// The verifier: what a title proof says, or the one reason why it says nothing. The steps, their order and the codes of
// the reasons are those of registry/verify.py (transparency spec 4.5).

import { HASH_BYTES, fromBase64, sha256, toBase64, utf8, concat } from "./bytes.js";
import { canonicalBytes, isInteger, isObject, member, parseObject } from "./canon.js";
import { readAs, refuse } from "./errors.js";
import { parseGenesis } from "./genesis.js";
import { checkHistory, readOfficer } from "./history.js";
import { openCheckpoint } from "./note.js";
import { DAY, endorse } from "./policy.js";
import { parseTitleProof } from "./title_proof.js";
import { leafHash, mapKey, parseMapHead, parseTlogProof, verifyInclusion, verifyMapPath, verifyTlogProof } from "./tree.js";

const ID = /^[0-9]{1,6}-([UC]?)[0-9]{6}$/;
const KIND_OF_LETTER = { "": "parcel", U: "unit", C: "case" };
const keyOf = (kind, id) => `${kind} ${id}`;
const malformed = (message) => refuse("malformed-state", message);

export function kindOf(id) {
  const found = ID.exec(id);
  if (found) return KIND_OF_LETTER[found[1]];
  return /^[0-9a-f]{64}$/.test(id) ? "officer" : malformed(`${id.slice(0, 80)} is not the id of a parcel, a unit, a case or an officer's key`);
}

// The verdict of a title proof (bytes) under a policy at the time `now` (POSIX seconds):
// {status, parcel, origin, states: Map, asOf, size, root, openings, signaturesChecked, asOfSize}.
export async function verifyTitleProof(bytes, policy, { now, maxAge = DAY, parcel = null, asOfSize = null }) {
  const claim = parseTitleProof(bytes);
  if (parcel !== null && parcel !== claim.parcel) refuse("other-parcel", `the proof is about parcel ${claim.parcel.slice(0, 80)}, not about ${parcel.slice(0, 80)}`);
  const { checkpoint, asOf, head } = await newestHead(claim, policy, now, maxAge);
  const states = statesOf(claim, head);
  checkUnit(claim.parcel, states, claim.states[1]);
  const { events, histories, judged } = await historiesOf(claim, states, await genesisOf(claim, checkpoint));
  const openings = openingsOf(claim.openings, [...[...states.values()].filter((doc) => doc !== null), ...events]);
  const shown = asOfSize === null ? states : statesAt(claim, states, histories, BigInt(asOfSize), checkpoint.size);
  return {
    status: shown.get(keyOf("parcel", claim.parcel)) === null ? "absent" : "current",
    parcel: claim.parcel,
    origin: claim.origin,
    states: shown,
    asOf,
    size: checkpoint.size,
    root: checkpoint.root,
    openings,
    signaturesChecked: judged,
    asOfSize,
  };
}

// Steps 1 to 3: the checkpoint is believed, and ends in this very map head.
async function newestHead(claim, policy, now, maxAge) {
  const proof = parseTlogProof(claim.mapHeadProof);
  const { checkpoint, asOf } = await endorse(policy, utf8(proof.checkpoint), { origin: claim.origin, now, maxAge });
  verifyTlogProof(proof, claim.mapHead, checkpoint);
  const head = parseMapHead(claim.mapHead);
  if (proof.index !== checkpoint.size - 1n) refuse("not-newest", `the map head stands at index ${proof.index} of a log of ${checkpoint.size} entries; what came after it is not shown`);
  if (head.size !== proof.index) refuse("not-newest", `the map head says that ${head.size} entries precede it, and ${proof.index} do`);
  return { checkpoint, asOf, head };
}

// Steps 4 and 5: each state is in its place of the map, and is what it says it is.
function statesOf(claim, head) {
  const [first] = claim.states;
  if (first.kind !== "parcel" || first.id !== claim.parcel) refuse("other-parcel", "the first state of the proof is not that of the parcel which the proof names");
  const states = new Map();
  for (const { kind, id, value, proof } of claim.states) {
    if (states.has(keyOf(kind, id))) malformed(`the proof shows the ${kind} ${id.slice(0, 80)} twice`);
    if (kindOf(id) !== kind) malformed(`${id} is the id of a ${kindOf(id)}, and is shown as that of a ${kind}`);
    verifyMapPath(proof, { key: mapKey(kind, claim.origin, id), value, root: head.root });
    states.set(keyOf(kind, id), value === null ? null : documentOf(kind, id, value, head));
  }
  return states;
}

function documentOf(kind, id, value, head) {
  const where = `the state of ${kind} ${id}`;
  const doc = readAs("malformed-state", ["not-canonical", "bad-base64"], () => {
    const read = parseObject(value);
    const { version, last_index: lastIndex, history } = read;
    if (!isInteger(version) || !isInteger(lastIndex) || typeof history !== "string") malformed(`${where} lacks version, last_index or history`);
    fromBase64(history, `the history hash of ${id}`, HASH_BYTES);
    return read;
  });
  if (member(doc, "kind") !== kind || member(doc, "id") !== id) malformed(`${where} is the document of another`);
  if (doc.version < 1 || doc.last_index < 0 || BigInt(doc.last_index) >= head.size) malformed(`${where} names version ${doc.version} at index ${doc.last_index}, which cannot be`);
  return doc;
}

// An active parcel comes with its unit: it is the unit that says who holds what.
function checkUnit(parcel, states, second) {
  const doc = states.get(keyOf("parcel", parcel));
  if (doc === null || member(doc, "status") === "retired") return;
  if (member(doc, "status") !== "active") malformed(`the parcel ${parcel} is neither active nor retired`);
  if (second === undefined || second.kind !== "unit" || second.id !== member(doc, "unit")) refuse("unit-missing", `the parcel belongs to unit ${member(doc, "unit")}, whose state does not stand second`);
  checkListed(parcel, second.id, states.get(keyOf("unit", second.id)));
}

function checkListed(parcel, id, unit) {
  const parcels = unit ? member(unit, "parcels") : null;
  if (!Array.isArray(parcels) || !parcels.includes(parcel)) refuse("unit-missing", `the unit ${id} does not list the parcel ${parcel}`);
}

// What the log's first entry says, where the proof bears it: which keys are the root keys.
async function genesisOf(claim, checkpoint) {
  if (claim.genesis === null) return null;
  const { entry, path } = claim.genesis;
  verifyInclusion({ leaf: leafHash(entry), index: 0n, size: checkpoint.size, proof: path, root: checkpoint.root });
  const genesis = await parseGenesis(entry);
  if (genesis.origin !== claim.origin) refuse("malformed-genesis", `the genesis entry is that of ${genesis.origin}, and stands in another log`);
  return genesis;
}

// Step 7: the events of each state that comes with its history, and whether signatures were judged.
async function historiesOf(claim, states, genesis) {
  const officers = new Map();
  for (const { kind, id } of claim.states) {
    const doc = states.get(keyOf(kind, id));
    if (kind === "officer" && doc !== null) officers.set(id, readOfficer(id, doc));
  }
  const events = [], histories = new Map();
  let judged = false;
  for (const { kind, id, value, history } of claim.states) {
    if (history === null || value === null) continue;
    const { payloads, steps } = await checkHistory({ id, kind, value, events: history, origin: claim.origin, officers, genesis });
    events.push(...payloads);
    histories.set(keyOf(kind, id), steps);
    judged ||= officers.size > 0 && kind !== "officer";
  }
  return { events, histories, judged };
}

// The parcel and its unit as they stood when the log had `size` entries: replayed from their whole histories.
function statesAt(claim, states, histories, size, logged) {
  if (size < 1n || size > logged) refuse("beyond-the-log", `the proof is of a log of ${logged} entries, and says nothing of its first ${size}`);
  const at = (kind, id) => {
    const key = keyOf(kind, id);
    if (states.get(key) === null) return null;
    if (!histories.has(key)) refuse("history-missing", `the proof does not bear the history of the ${kind} ${id}`, "Ask for a proof with whole histories.");
    return histories.get(key).findLast(({ index }) => BigInt(index) < size)?.doc ?? null;
  };
  const parcel = at("parcel", claim.parcel);
  const shown = new Map([[keyOf("parcel", claim.parcel), parcel]]);
  if (parcel === null || member(parcel, "status") !== "active") return shown;
  const unit = String(member(parcel, "unit"));
  const doc = states.has(keyOf("unit", unit)) ? at("unit", unit) : refuse("unit-missing", `the parcel then belonged to unit ${unit}, which the proof does not show`, "Ask for a proof with whole histories.");
  checkListed(claim.parcel, unit, doc);
  return shown.set(keyOf("unit", unit), doc);
}

export const commitment = (field, salt, value) => toBase64(sha256(concat(utf8(`landlog/commit@v1\n${field}\n`), salt, canonicalBytes(value))));

// Step 8: each value opens a commitment that a proved state or event bears.
function openingsOf(revealed, documents) {
  const borne = new Set();
  if (revealed.length > 0) for (const document of documents) collectTexts(document, borne);
  return revealed.map(({ commitment: claimed, field, salt, value }) => {
    const unfounded = (message) => refuse("unfounded-opening", message);
    if (!/^(?:[^\p{C}\p{Z}]| )*$/u.test(field)) unfounded("the name of a field that is revealed is not printable text");
    if (commitment(field, salt, value) !== claimed) unfounded(`the ${field.slice(0, 80)} that is revealed is not what its commitment binds`);
    if (!borne.has(claimed)) unfounded(`the ${field.slice(0, 80)} that is revealed belongs to no state or event shown`);
    return { commitment: claimed, field, value };
  });
}

function collectTexts(value, into) {
  if (typeof value === "string") into.add(value);
  else if (Array.isArray(value)) for (const item of value) collectTexts(item, into);
  else if (isObject(value)) for (const item of Object.values(value)) collectTexts(item, into);
}

// That an entry (bytes) stands in a log that the policy believes: {origin, size, index, asOf}.
export async function verifyTlogProofFile(bytes, entry, policy, { now, maxAge = DAY }) {
  const proof = parseTlogProof(textOfProof(bytes));
  const origin = proof.checkpoint.slice(0, Math.max(0, proof.checkpoint.indexOf("\n")));
  const { checkpoint, asOf } = await endorse(policy, utf8(proof.checkpoint), { origin, now, maxAge });
  const proved = entry ?? proof.extra; // what stands there is authenticated by the path, or the path fails
  if (proved === null) refuse("entry-missing", "the proof does not bear the entry whose place it proves", "Give the entry's file too.");
  verifyTlogProof(proof, proved, checkpoint);
  return { origin, size: checkpoint.size, root: checkpoint.root, index: proof.index, asOf, entry: proved };
}

function textOfProof(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse("malformed-tlog-proof", "the tlog-proof is not text in UTF-8");
  }
}

// Whether a newer checkpoint (bytes) of the same log is known; it must be signed by a log of the policy.
export async function checkNewest({ origin, size, root }, bytes, policy) {
  const { checkpoint: known } = await openCheckpoint(bytes, policy.logs);
  if (known.origin !== origin) refuse("wrong-origin", `the checkpoint is of the log ${known.origin}, the proof of ${origin}`);
  if (known.size > size) return { superseded: true, size: known.size };
  if (known.size === size && root !== null && toBase64(known.root) !== toBase64(root)) {
    refuse("split-view", `the log ${origin} has signed two different trees of size ${size}`, "Keep both files and show them to an auditor: no honest log does this.");
  }
  return { superseded: false, size: known.size };
}
