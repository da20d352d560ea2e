// Trust policies (C2SP tlog-policy): whose checkpoints are believed, and on whose cosignatures.

import { textOf } from "./bytes.js";
import { VerificationError, refuse } from "./errors.js";
import { COSIGNATURE, ED25519, openCheckpoint, parseVkey, timestamp, verifiedSignatures } from "./note.js";

const NONE = "none";
const MAX_POLICY_BYTES = 256 * 1024;
const MAX_SKEW = 5n * 60n; // seconds by which a witness's clock may run ahead of ours
export const DAY = 24 * 60 * 60;

// {logs: [key], witnesses: Map(name, key), groups: Map(name, {threshold, members}), quorum}
export function parsePolicy(bytes) {
  if (bytes.length > MAX_POLICY_BYTES) refuse("malformed-policy", `the policy has more than ${MAX_POLICY_BYTES} bytes`);
  const policy = { logs: [], witnesses: new Map(), groups: new Map(), quorum: null, members: new Set() };
  let start = 0;
  for (let number = 1; start <= bytes.length; number++) {
    const found = bytes.indexOf(10, start), end = found < 0 ? bytes.length : found;
    readLine(policy, bytes.subarray(start, end), (rule) => refuse("malformed-policy", `policy line ${number}: ${rule}`));
    start = end + 1;
  }
  if (policy.quorum === null) refuse("malformed-policy", "the policy has no quorum line", "Add 'quorum <name>' or 'quorum none'.");
  return policy;
}

function readLine(policy, bytes, fault) {
  let start = 0, end = bytes.length;
  while (start < end && (bytes[start] === 32 || bytes[start] === 9)) start++;
  while (end > start && (bytes[end - 1] === 32 || bytes[end - 1] === 9)) end--;
  if (start === end || bytes[start] === 35) return; // empty, or a comment
  let text;
  try {
    text = textOf(bytes.subarray(start, end));
  } catch {
    fault("names and keys are UTF-8 text");
  }
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(text)) fault("a policy holds no control characters but tab and line feed");
  const [keyword, ...items] = text.split(/[ \t]+/);
  const right = { log: items.length === 1 || items.length === 2, witness: items.length === 2 || items.length === 3, group: items.length >= 3, quorum: items.length === 1 };
  if (!Object.hasOwn(right, keyword)) fault(`a line begins with log, witness, group or quorum, not ${keyword.slice(0, 40)}`);
  if (!right[keyword]) fault(`the number of words after ${keyword} is wrong`);
  READERS[keyword](policy, items, fault);
}

const READERS = {
  log(policy, [vkey], fault) {
    const key = keyOf(vkey, ED25519, "a log's key has type 0x01", fault);
    if (policy.logs.some((other) => same(other, key))) fault("a log's public key is listed once only");
    policy.logs.push(key);
  },
  witness(policy, [name, vkey], fault) {
    const key = keyOf(vkey, COSIGNATURE, "a witness's key has type 0x04", fault);
    if ([...policy.witnesses.values()].some((other) => same(other, key))) fault("a witness's public key is listed once only");
    define(policy, name, fault);
    policy.witnesses.set(name, key);
  },
  group(policy, [name, threshold, ...members], fault) {
    for (const member of members) {
      if (!isDefined(policy, member)) fault(`the member ${member.slice(0, 80)} is no witness or group of an earlier line`);
      if (policy.members.has(member)) fault(`${member.slice(0, 80)} is a member already; a name may be one once only`);
      policy.members.add(member);
    }
    define(policy, name, fault);
    policy.groups.set(name, { threshold: thresholdOf(threshold, members.length, fault), members });
  },
  quorum(policy, [name], fault) {
    if (policy.quorum !== null) fault("there is one quorum line only");
    if (name !== NONE && !isDefined(policy, name)) fault(`the quorum ${name.slice(0, 80)} is no witness or group of an earlier line`);
    policy.quorum = name;
  },
};

function keyOf(vkey, kind, rule, fault) {
  try {
    const key = parseVkey(vkey);
    if (key.kind !== kind) refuse("unsupported-key", `${key.name}: ${rule}, this one 0x${key.kind.toString(16).padStart(2, "0")}`);
    return key;
  } catch (error) {
    if (error instanceof VerificationError) return fault(error.message);
    throw error;
  }
}

const same = (a, b) => a.public.every((byte, n) => byte === b.public[n]);
const isDefined = (policy, name) => policy.witnesses.has(name) || policy.groups.has(name);

function define(policy, name, fault) {
  if (name === NONE) fault("the name 'none' has a meaning of its own and cannot be given");
  if (isDefined(policy, name)) fault(`the name ${name.slice(0, 80)} is given already`);
}

function thresholdOf(text, members, fault) {
  if (text === "any") return 1;
  if (text === "all") return members;
  const number = /^[0-9]{1,6}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > members) fault(`the threshold is all, any, or a number from 1 to ${members}`);
  return number;
}

// The checkpoint of a note, if the policy believes it at `now` (POSIX seconds): {checkpoint, asOf}.
// `asOf` is the k-th newest of k cosignatures; null where the policy asks for none.
export async function endorse(policy, noteBytes, { origin, now, maxAge }) {
  const logs = policy.logs.filter((key) => key.name === origin);
  if (logs.length === 0) {
    refuse("unknown-log", `the policy names no key of the log ${origin.slice(0, 120)}`, "Add the registry's log line to the policy, from a source you trust.");
  }
  const { checkpoint, note } = await openCheckpoint(noteBytes, logs);
  const names = new Map([...policy.witnesses].map(([name, key]) => [key, name]));
  const times = new Map();
  for (const { key, line } of await verifiedSignatures(note, [...names.keys()])) {
    const name = names.get(key), time = timestamp(line.signature), before = times.get(name) ?? 0n;
    times.set(name, time > before ? time : before);
  }
  return { checkpoint, asOf: latestQuorum(policy, times, BigInt(now), BigInt(maxAge)) };
}

function latestQuorum(policy, times, now, maxAge) {
  if (policy.quorum === NONE) return null;
  const sound = [...times].filter(([, time]) => time <= now + MAX_SKEW);
  const newestFirst = sound.map(([, time]) => time).sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
  const asOf = newestFirst.find((least) => holds(policy, policy.quorum, sound.filter(([, time]) => time >= least).map(([name]) => name)));
  if (asOf === undefined) refuse("quorum-missed", `only ${sound.length} of the policy's witnesses have cosigned, too few for its quorum`);
  if (now - asOf > maxAge) {
    refuse("stale-checkpoint", `the witnesses saw this checkpoint ${now - asOf} s ago; the policy allows ${maxAge} s`, "Fetch a fresh proof from the registry.");
  }
  return asOf;
}

function holds(policy, name, cosigned) {
  const group = policy.groups.get(name);
  if (group === undefined) return cosigned.includes(name);
  return group.members.filter((member) => holds(policy, member, cosigned)).length >= group.threshold;
}
