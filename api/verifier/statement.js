// What a verdict says to a person: a headline, warnings, and facts, as names of words and plain values. The page puts them on
// the screen; the same facts in one English paragraph are those of registry/statement.py.

import { isObject, member } from "./canon.js";
import { BURDENS } from "./paper.js";
import { KINDS } from "./kinds.js";
import { LANGUAGES, WORDS } from "./words.js";

const BEARERS = { charges: ["unit"], restrictions: ["parcel", "unit"], holds: ["unit"], pending: ["parcel", "unit"] };
const FLAGS = { charges: "f-charged", restrictions: "f-restricted", holds: "f-held", pending: "f-pending" };

export function speaker(language) {
  const words = WORDS[language];
  const say = (name, parts = {}) => Object.entries(parts).reduce((text, [part, value]) => text.replace(`{${part}}`, value), words[name]);
  const locale = `${language}-IN`;
  return Object.assign(say, {
    language,
    kind: (kind) => member(KINDS[language], kind) ?? kind,
    number: (number) => new Intl.NumberFormat(locale).format(number),
    // Beyond the year 9999 no calendar here can write it.
    time: (seconds) => `${new Intl.DateTimeFormat(locale, { timeZone: "Asia/Kolkata", dateStyle: "long", timeStyle: "medium" }).format(new Date(Math.min(Number(seconds), 253402300799) * 1000))} IST`,
  });
}

export const isLanguage = (text) => Object.hasOwn(LANGUAGES, text);

// {headline, tone, flags, facts: [[label, [values]]], notes} of a title verdict; `superseded` is the newer size that is known.
export function titleStatement(verdict, say, superseded = null) {
  const parcel = verdict.states.get(`parcel ${verdict.parcel}`);
  const unit = parcel && verdict.states.get(`unit ${member(parcel, "unit")}`);
  const burdens = parcel ? burdensOf({ parcel, unit: unit ?? {} }) : {};
  const isRetired = parcel !== null && member(parcel, "status") === "retired";
  const flags = parcel === null || isRetired ? [] : flagsOf(burdens);
  const isPast = verdict.asOfSize !== null;
  const headline = parcel === null ? (isPast ? "v-not-yet" : "v-absent") : isRetired ? "v-retired" : isPast ? "v-past" : flags.length > 0 ? "v-burdened" : "v-clear";
  const facts = [...originFacts(verdict, say), [say("id"), [verdict.parcel]]];
  if (isPast) facts.push([say("past"), [say("past-size", { count: say.number(verdict.asOfSize) })]]);
  if (parcel !== null) facts.push(...parcelFacts(parcel, unit, verdict, say));
  if (parcel !== null && !isRetired) facts.push(...BURDENS.map((name) => [say(name), burdenLines(burdens[name], say)]));
  if (parcel !== null) facts.push([say("signatures"), [say(verdict.signaturesChecked ? "signatures-yes" : "signatures-no")]]);
  return {
    headline: superseded === null ? headline : "v-superseded",
    beneath: superseded === null ? [] : [headline],
    tone: superseded !== null || isRetired || flags.length > 0 || isPast ? "warn" : "good",
    flags,
    facts,
    notes: ["compare", "presumptive"],
  };
}

function originFacts({ asOf, origin, size }, say) {
  return [
    [say("as-of"), [asOf === null ? say("unwitnessed") : say.time(asOf)]],
    [say("log"), [`${origin} · ${say("entries", { count: say.number(size) })}`]],
  ];
}

function parcelFacts(parcel, unit, verdict, say) {
  const text = (doc, name) => (doc && member(doc, name) !== undefined && member(doc, name) !== null ? String(member(doc, name)) : null);
  const area = text(parcel, "area_m2");
  const successors = member(parcel, "successors");
  const rows = [
    [say("label"), [text(parcel, "label")]],
    [say("area"), [area && `${area} m²`]],
    [say("unit"), [text(unit, "label") ?? text(parcel, "unit")]],
    [say("version"), [text(parcel, "version")]],
    [say("holders"), unit ? holders(unit, verdict.openings, say) : []],
    [say("successors"), Array.isArray(successors) && member(parcel, "status") === "retired" ? successors.map(String) : []],
  ];
  return rows.map(([label, values]) => [label, values.filter((value) => value !== null)]).filter(([, values]) => values.length > 0);
}

function holders(unit, openings, say) {
  const names = new Map(openings.map(({ commitment, value }) => [commitment, isObject(value) && typeof member(value, "name") === "string" ? value.name : null]));
  const shares = member(unit, "shares");
  return (Array.isArray(shares) ? shares : []).filter(isObject).map((share) => {
    const name = names.get(String(member(share, "party"))) ?? say("hidden");
    const [num, den] = [member(share, "num"), member(share, "den")];
    return `${name}, ${num === null || num === undefined ? say("undetermined") : `${num}/${den}`}`;
  });
}

// Of each kind of burden the kinds recorded, on parcel and unit together; null where a list is missing or withheld.
function burdensOf(bearers) {
  return Object.fromEntries(BURDENS.map((name) => {
    const lists = BEARERS[name].map((kind) => member(bearers[kind], name));
    if (!lists.every(Array.isArray)) return [name, null];
    return [name, lists.flat().map((item) => (isObject(item) ? String(member(item, "kind")) : String(item)))];
  }));
}

function flagsOf(burdens) {
  const flags = BURDENS.filter((name) => burdens[name] !== null && Number(burdens[name].length ?? burdens[name]) > 0).map((name) => FLAGS[name]);
  if (Array.isArray(burdens.restrictions) && burdens.restrictions.includes("stay")) flags.splice(flags.indexOf("f-restricted"), 1, "f-stay");
  if (BURDENS.some((name) => burdens[name] === null)) flags.push("f-unknown");
  return flags;
}

function burdenLines(burden, say) {
  if (burden === null) return [say("withheld")];
  if (!Array.isArray(burden)) return [burden === 0n ? say("none") : say.number(burden)];
  return burden.length > 0 ? burden.map(say.kind) : [say("none")];
}

// The same of a printed code.
export function paperStatement(paper, say, superseded = null) {
  const named = paper.holders.map(([name, share]) => `${name}, ${share ?? say("undetermined")}`);
  const more = paper.holderCount - BigInt(paper.holders.length);
  return {
    headline: superseded === null ? "v-paper" : "v-superseded",
    beneath: superseded === null ? [] : ["v-paper"],
    tone: "warn",
    flags: paper.retired ? [] : flagsOf(paper.burdens),
    facts: [
      ...originFacts(paper, say),
      [say("id"), [paper.parcel]],
      [say("label"), [paper.label]],
      ...(paper.area === null ? [] : [[say("area"), [`${paper.area} m²`]]]),
      [say("version"), [say.number(paper.version)]],
      ...(paper.retired ? [[say("holders"), [say("v-retired")]]] : [
        [say("holders"), [...named, ...(more > 0n ? [say("and-more", { count: say.number(more) })] : [])]],
        ...BURDENS.map((name) => [say(name), burdenLines(paper.burdens[name], say)]),
      ]),
      [say("proof-hash"), [paper.proofSha256]],
    ],
    notes: ["paper-note", "presumptive"],
  };
}

// The same of an entry's place in the log.
export function entryStatement(found, say, superseded = null) {
  return { headline: superseded === null ? "v-entry" : "v-superseded", beneath: superseded === null ? [] : ["v-entry"], tone: superseded === null ? "good" : "warn", flags: [], facts: [...originFacts(found, say), [say("index"), [say.number(found.index)]]], notes: [] };
}
