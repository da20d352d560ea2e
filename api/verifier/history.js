// The history of one state, replayed (transparency spec 4.5, step 7): every event builds on the one before, the chain over
// them is the one that the state commits to, and the public projection (domain/projection.py) gives the state itself.

import { EMPTY, foldHistory, leafHash } from "./tree.js";
import { equal, fromBase64, toBase64 } from "./bytes.js";
import { canonical, canonicalBytes, isInteger, isObject, member } from "./canon.js";
import { EVENT, KEY, keyidOf, parseEntry, verifyEnvelope } from "./dsse.js";
import { readAs, refuse } from "./errors.js";
import { BY_STATE, ROLES } from "./roles.js";

const KEPT_BY_THE_LOG = ["kind", "id", "version", "last_index", "history"];
const LISTS_WITH_SINCE = ["charges", "restrictions", "holds", "pending"];
const isText = (value) => typeof value === "string";
const isDay = (value) => isText(value) && /^\d{4}-\d{2}-\d{2}$/.test(value) && !value.startsWith("0000") && new Date(`${value}T00:00:00Z`).toJSON()?.startsWith(value) === true;
const KEY_EVENT_MEMBERS = {
  "key.enrolled/1": { pub: isText, officer: isText },
  "key.revoked/1": {},
  "posting.started/1": { office: isText, roles: Array.isArray },
  "posting.ended/1": { office: isText, roles: Array.isArray },
};
const REVIEW = "record.flagged/1", ROOT_KEYS = "root-keys";
const broken = (message) => refuse("broken-history", message);

// The key of a proved state of kind officer.
export function readOfficer(keyid, doc) {
  const fault = (message) => refuse("malformed-officer", message);
  const [pub, officer, enrolled, postings, revoked = null] = ["pub", "officer", "enrolled", "postings", "revoked"].map((name) => member(doc, name));
  if (!isText(pub) || !isText(officer) || !isInteger(enrolled) || !Array.isArray(postings)) fault(`the state of the key ${keyid} lacks pub, officer, enrolled or postings`);
  const key = readAs("malformed-officer", ["bad-base64"], () => fromBase64(pub, "the officer's public key", 32));
  if (keyidOf(key) !== keyid || !(revoked === null || isInteger(revoked))) fault(`the state of the key ${keyid} does not hold that key`);
  return { key, officer, enrolled, revoked, postings: postings.map((item) => readPosting(item, fault)) };
}

function readPosting(item, fault) {
  const [office, roles, from, to] = ["office", "roles", "from", "to"].map((name) => (isObject(item) ? member(item, name) : undefined));
  if (!isText(office) || !Array.isArray(roles) || !isInteger(from) || !(to === null || isInteger(to))) fault("a posting has the members office, roles, from and to");
  return { office, roles: roles.map(String), from, to };
}

const contains = (office, other) => other === office || other.startsWith(`${office}/`);
const own = (table, name) => (Object.hasOwn(table, name) ? table[name] : undefined);

// The roles that sign such an event at an office: the state's own rows of its day go before what is so everywhere.
function rolesThatSign({ eventType, day, inACase }, office) {
  const rows = own(own(BY_STATE, office.split("/")[0]) ?? {}, eventType) ?? [];
  const row = rows.findLast(({ from }) => from <= day);
  if (row === undefined) return own(ROLES, eventType) ?? [];
  return inACase ? row.roles : row.opposed;
}

const isInForce = (officer, index) => officer.enrolled < index && (officer.revoked === null || index <= officer.revoked);

// In which roles the key was good for such an event of that office at that place of the log.
function rolesFor(officer, act, office, index) {
  if (!isInForce(officer, index)) return [];
  const open = officer.postings.filter(({ office: place, from, to }) => from < index && (to === null || index <= to) && contains(place, office));
  const able = rolesThatSign(act, office);
  return open.flatMap(({ roles }) => roles.filter((role) => able.includes(role)));
}

// {payloads, steps: [{index, doc}]}: all events of a state, oldest first, once they are shown to add up to `value`.
// `officers` is a Map of keys whose states are proved; when there are any, every event must be signed by them. A key review
// may be signed by the root keys of `genesis` (null where the proof does not bear it), which sign nothing else about land.
export async function checkHistory({ id, kind, value, events, origin, officers, genesis }) {
  const payloads = [], steps = [];
  let now = null, chain = EMPTY, last = -1;
  for (const [version, { index, entry }] of events.entries()) {
    const { envelope, payload } = parseEntry(entry);
    if (index <= last) broken(`the indices of ${id}'s events do not rise at ${index}`);
    if (member(payload, "origin") !== origin) broken(`the event at index ${index} is of another registry`);
    const touch = ownTouch(id, payload, version);
    if (touch.prev_version !== version || touch.prev_history !== toBase64(chain)) broken(`the event at index ${index} does not build on ${id}'s version ${version}`);
    const changes = changesOf({ id, kind, payload, index, version, now, payloadType: envelope.payloadType });
    chain = foldHistory(chain, index, leafHash(entry));
    last = index;
    const before = now;
    now = advance(before ?? { kind, id }, changes, version + 1, index, chain);
    if (officers.size > 0 && envelope.payloadType === EVENT) await checkSigners(envelope, payload, officesOf([before ?? now, now], payload), index, { officers, genesis });
    payloads.push(payload);
    steps.push({ index, doc: now });
  }
  if (now === null || !equal(canonicalBytes(now), value)) refuse("history-differs", `the ${events.length} events shown, the last at index ${last}, give another state of ${id} than the one that the map holds`);
  return { payloads, steps };
}

function ownTouch(id, payload, version) {
  const touches = member(payload, "touches");
  const mine = Array.isArray(touches) ? touches.filter((touch) => isObject(touch) && member(touch, "id") === id) : [];
  if (mine.length !== 1 || !Object.hasOwn(mine[0], "prev_version") || !Object.hasOwn(mine[0], "prev_history")) broken(`event ${version + 1} shown for ${id} does not name it once in touches`);
  return mine[0];
}

// The members of the state that the event changes.
function changesOf({ id, kind, payload, index, version, now, payloadType }) {
  if (payloadType === EVENT && kind !== "officer") {
    const set = member(payload, "set");
    const change = isObject(set) ? member(set, id) ?? (Object.hasOwn(set, id) ? null : {}) : null;
    if (!isObject(change)) broken(`event ${version + 1} of ${id} does not say what it sets`);
    const fixed = KEPT_BY_THE_LOG.find((name) => Object.hasOwn(change, name));
    if (fixed !== undefined) refuse("does-not-follow", `the event sets ${fixed} of ${id}, which only the log may set`);
    return Object.fromEntries(Object.entries(change).map(([name, item]) => [name, withIndex(name, item, index)]));
  }
  if (payloadType === KEY && kind === "officer") return keyChanges({ id, payload, index, version, now });
  return broken(`event ${version + 1} shown for ${id} is of a type that does not change a ${kind}`);
}

// List items that an event adds carry `since: null`: the log index they enter at is set here.
function withIndex(name, value, index) {
  if (!LISTS_WITH_SINCE.includes(name) || !Array.isArray(value)) return value;
  return value.map((item) => (isObject(item) && member(item, "since") === null ? { ...item, since: index } : item));
}

// What a key event changes in the state of the key it touches (transparency spec 5.3).
function keyChanges({ id, payload, index, version, now }) {
  const type = member(payload, "type");
  const members = isText(type) ? member(KEY_EVENT_MEMBERS, type) : undefined;
  if (members === undefined || (version === 0) !== (type === "key.enrolled/1")) broken(`event ${version + 1} of the key ${id} is not one that can stand there`);
  if (!Object.entries(members).every(([name, isRight]) => isRight(member(payload, name)))) broken(`event ${version + 1} of the key ${id} lacks one of ${Object.keys(members).join(", ")}`);
  if (type === "key.enrolled/1") return { pub: payload.pub, officer: payload.officer, enrolled: index, revoked: null, postings: [] };
  if (type === "key.revoked/1") return { revoked: index, suspect_from_index: member(payload, "suspect_from_index") ?? null };
  const { office, roles } = payload;
  if (type === "posting.started/1") return { postings: [...now.postings, { office, roles, from: index, to: null }] };
  const isEnded = (posting) => posting.to === null && posting.office === office && canonical(posting.roles) === canonical(roles);
  return { postings: now.postings.map((posting) => (isEnded(posting) ? { ...posting, to: index } : posting)) };
}

const advance = (before, changes, version, index, chain) => ({ ...before, ...changes, version, last_index: index, history: toBase64(chain) });

// Under whom the state lies before the event and after it; that of the order where it lies under nobody.
const officesOf = (states, payload) => states.map((state) => (Object.hasOwn(state, "office") ? state.office : member(payload, "office")));

async function checkSigners(envelope, payload, offices, index, { officers, genesis }) {
  await verifyEnvelope(envelope, new Map([...(genesis?.rootKeys ?? []), ...[...officers].map(([keyid, officer]) => [keyid, officer.key])]));
  const eventType = String(member(payload, "type")), day = member(payload, "decided"), able = [];
  const act = { eventType, day, inACase: isText(member(payload, "case")) };
  const signers = envelope.signatures.map(({ keyid }) => officers.get(keyid)).filter((signer) => signer !== undefined);
  const rootSignatures = envelope.signatures.filter(({ keyid }) => genesis?.rootKeys.has(keyid)).length;
  const byRootKeys = eventType === REVIEW && genesis !== null && rootSignatures >= genesis.threshold;
  const entitled = (message) => refuse("signer-not-entitled", message);
  if (!isDay(day)) entitled(`the event at index ${index} does not say on which day it was decided`);
  const named = member(payload, "officer");
  if (!signers.some((signer) => signer.officer === named) && !(byRootKeys && named === ROOT_KEYS)) entitled(`the event at index ${index} names an officer who has not signed it`);
  if (eventType === REVIEW) {
    if (!byRootKeys) checkAppointing(signers, act, offices, index, entitled);
    return;
  }
  if (signers.length !== envelope.signatures.length) entitled(`root keys sign no ${eventType}, as at index ${index}`);
  for (const office of offices) {
    for (const signer of signers) {
      const roles = isText(office) ? rolesFor(signer, act, office, index) : [];
      if (roles.length === 0) entitled(`${signer.officer} was not entitled to sign a ${eventType} for ${office} at index ${index}`);
      able.push(...roles);
    }
  }
  if (eventType.startsWith("case.")) return;
  // The clock's key changes the record in a case only, and says so; nobody says so in its place.
  const byClock = able.every((role) => role === "system");
  if (byClock !== Object.hasOwn(payload, "auto") || (byClock && !isText(member(payload, "case")))) entitled(`the event at index ${index} is not what the registry's clock signs, or not signed by it`);
}

// A key review is signed as a revocation: by two officers, one of whom appoints at these offices.
function checkAppointing(signers, act, offices, index, entitled) {
  const inForce = signers.filter((signer) => isInForce(signer, index));
  const appoints = inForce.some((signer) => offices.every((office) => isText(office) && rolesFor(signer, act, office, index).length > 0));
  if (!appoints || new Set(inForce.map(({ officer }) => officer)).size < 2) entitled(`the ${act.eventType} at index ${index} takes root keys, or two officers of whom one appoints there`);
}
