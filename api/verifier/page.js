// The page: reads what was chosen or pasted, asks the verifier, and shows the verdict. It stores what it is told to
// remember on this device, and sends nothing anywhere.

import { textOf, utf8 } from "./bytes.js";
import { implementation } from "./ed25519.js";
import { VerificationError, refuse } from "./errors.js";
import { looksLikePaper, paperKeys, verifyPaper } from "./paper.js";
import { attachedProof, isPdf } from "./pdf.js";
import { DAY, parsePolicy } from "./policy.js";
import { entryStatement, isLanguage, paperStatement, speaker, titleStatement } from "./statement.js";
import { checkNewest, verifyTitleProof, verifyTlogProofFile } from "./verify.js";
import { LANGUAGES, refusalWords } from "./words.js";

const TLOG_PROOF = "c2sp.org/tlog-proof@v1\n";
const AGES = { "15m": 15 * 60, "24h": DAY, "30d": 30 * DAY, any: Number.MAX_SAFE_INTEGER };
const $ = (id) => document.getElementById(id);

let say = speaker("en");
let shown = null; // what draws the verdict again in another language

// ---- What is remembered

const memory = {
  get(name) {
    try {
      return localStorage.getItem(`landlog-${name}`);
    } catch {
      return null; // the browser forbids it
    }
  },
  set(name, value) {
    try {
      if (value === null) localStorage.removeItem(`landlog-${name}`);
      else localStorage.setItem(`landlog-${name}`, value);
    } catch {
      // then it is not remembered
    }
  },
};

// ---- What is asked

const bytesOf = async (input) => (input.files.length > 0 ? new Uint8Array(await input.files[0].arrayBuffer()) : null);

async function asked() {
  const code = $("code").value.trim();
  const bytes = (await bytesOf($("file"))) ?? (code === "" ? refuse("nothing", "no file is chosen and no code is given") : utf8(code));
  const policy = (await bytesOf($("policy-file"))) ?? utf8($("policy").value);
  const checkpoint = $("checkpoint").value;
  const past = $("past").value;
  return {
    bytes,
    policy,
    parcel: $("parcel").value.trim() || null,
    asOfSize: past === "" ? null : Number(past),
    checkpoint: checkpoint.trim() === "" ? null : utf8(checkpoint.endsWith("\n") ? checkpoint : `${checkpoint}\n`),
    entry: await bytesOf($("entry")),
    maxAge: AGES[$("age").value],
    now: Math.floor(Date.now() / 1000),
  };
}

// A function that draws the verdict in a language.
export async function judge({ bytes, policy: policyBytes, parcel, asOfSize, checkpoint, entry, maxAge, now }) {
  if (textOrEmpty(policyBytes).trim() === "") refuse("no-policy", "no policy is given");
  const policy = parsePolicy(policyBytes);
  const text = textOrEmpty(bytes.subarray(0, 4096));
  const newer = async (found) => {
    const known = checkpoint === null ? null : await checkNewest(found, checkpoint, policy);
    return known?.superseded ? known.size : null;
  };
  if (looksLikePaper(text)) {
    const paper = await verifyPaper(text, paperKeys(policyBytes), { now });
    if (parcel !== null && parcel !== paper.parcel) refuse("other-parcel", `the paper is about parcel ${paper.parcel}, not about ${parcel}`);
    const superseded = await newer({ ...paper, root: null });
    return (language) => paperStatement(paper, language, superseded);
  }
  if (text.startsWith(TLOG_PROOF)) {
    const found = await verifyTlogProofFile(bytes, entry, policy, { now, maxAge });
    const superseded = await newer(found);
    return (language) => entryStatement(found, language, superseded);
  }
  const proof = isPdf(bytes) ? await attachedProof(bytes) : bytes;
  const verdict = await verifyTitleProof(proof, policy, { now, maxAge, parcel, asOfSize });
  const superseded = await newer(verdict);
  return (language) => titleStatement(verdict, language, superseded);
}

function textOrEmpty(bytes) {
  try {
    return textOf(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

export function refusalStatement(error, language) {
  const code = error instanceof VerificationError ? error.code : "fault";
  const { headline, reason } = refusalWords(code);
  const facts = [[language("reason"), [language(reason)]], [language("detail"), [`${error.message} (${code})`]]];
  if (error.remedy) facts.push([language("remedy"), [error.remedy]]);
  return { headline, beneath: [], tone: headline === "v-refused" ? "bad" : "open", flags: [], facts, notes: [], code };
}

async function check() {
  try {
    shown = await judge(await asked());
  } catch (error) {
    shown = (language) => refusalStatement(error, language);
  }
  draw();
  $("verdict").focus();
  $("verdict").scrollIntoView({ block: "start" });
}

// ---- What is shown

function element(name, { text = null, children = [], ...attributes }) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  if (text !== null) made.textContent = text;
  made.append(...children);
  return made;
}

const MARKS = { good: "✓", warn: "!", bad: "✕", open: "?" };

function draw() {
  if (shown === null) return;
  const { headline, beneath, tone, flags, facts, notes, code } = shown(say);
  const verdict = $("verdict");
  verdict.className = `verdict ${tone}`;
  verdict.dataset.headline = headline;
  verdict.dataset.code = code ?? "";
  verdict.hidden = false;
  verdict.replaceChildren(
    element("h2", { children: [element("span", { class: "mark", "aria-hidden": "true", text: MARKS[tone] }), element("span", { text: say(headline) })] }),
    ...beneath.map((name) => element("p", { text: say(name) })),
    ...(flags.length > 0 ? [element("ul", { class: "flags", children: flags.map((flag) => element("li", { "data-flag": flag, text: say(flag) })) })] : []),
    element("dl", { class: "facts", children: facts.map(([label, values]) => element("div", { children: [element("dt", { text: label }), ...values.map((value) => element("dd", { text: value }))] })) }),
    ...notes.map((name) => element("p", { class: "small", text: say(name) })),
  );
}

async function speak(language) {
  say = speaker(language);
  document.documentElement.lang = language;
  document.title = `${say("title")} · Landlog`;
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of document.querySelectorAll("[data-say-label]")) node.setAttribute("aria-label", say(node.dataset.sayLabel));
  for (const button of $("languages").children) button.setAttribute("aria-pressed", String(button.lang === language));
  draw();
  $("judged-by").textContent = say("judged-by", { name: await implementation() });
}

function readFragment() {
  const digits = location.hash.slice(1);
  if (!/^[0-9]+$/.test(digits)) return;
  $("code").value = digits;
  $("file").value = "";
  void check();
}

export async function open() {
  for (const [code, name] of Object.entries(LANGUAGES)) {
    const button = element("button", { type: "button", lang: code, text: name });
    button.addEventListener("click", () => {
      memory.set("language", code);
      void speak(code);
    });
    $("languages").append(button);
  }
  const preferred = [new URLSearchParams(location.search).get("lang"), memory.get("language"), ...navigator.languages.map((tag) => tag.split("-")[0]), "en"];
  await speak(preferred.find((code) => code !== null && isLanguage(code)));

  const remembered = memory.get("policy");
  $("policy").value = remembered ?? "";
  $("remember").checked = remembered !== null;
  const remember = () => memory.set("policy", $("remember").checked && $("policy").value.trim() !== "" ? $("policy").value : null);
  $("remember").addEventListener("change", remember);
  $("policy").addEventListener("input", remember);
  $("policy-file").addEventListener("change", async () => {
    const bytes = await bytesOf($("policy-file"));
    if (bytes === null) return;
    $("policy").value = textOrEmpty(bytes.subarray(0, 256 * 1024));
    $("policy-file").value = "";
    remember();
  });
  $("policy-get").hidden = !location.protocol.startsWith("http");
  $("file").addEventListener("change", () => {
    $("code").value = "";
  });
  $("code").addEventListener("input", () => {
    $("file").value = "";
  });
  $("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    void check();
  });
  addEventListener("hashchange", readFragment);
  readFragment();
  document.documentElement.dataset.ready = "yes";
}
