// The title proof, taken out of an extract (PDF): the one embedded file that a file specification calls title-proof.json.
// Whether the proof holds is for `verify.js` to say: what is printed on the page around it proves nothing.

import { refuse } from "./errors.js";
import { inflate } from "./inflate.js";

export const MAX_PDF = 20 * 1024 * 1024;
const MAX_PROOF = 4 * 1024 * 1024;
const NAME = "title-proof.json";
const HEX_NAME = "74 ?69 ?74 ?6c ?65 ?2d ?70 ?72 ?6f ?6f ?66 ?2e ?6a ?73 ?6f ?6e"; // the name as a PDF may also write it

const unreadable = (message) => refuse("unreadable-pdf", message, "Choose the PDF file that the registry gave, not a scan or a photograph of it.");

export const isPdf = (bytes) => new TextDecoder("latin1").decode(bytes.subarray(0, 5)) === "%PDF-";

export async function attachedProof(bytes) {
  if (bytes.length > MAX_PDF) unreadable(`the file has ${bytes.length} bytes, and an extract has at most ${MAX_PDF}`);
  const pdf = latin1(bytes); // a character for each byte
  if (!/%%EOF\s*$/.test(pdf.slice(-1024))) unreadable("the file does not end as a PDF does");
  const numbers = fileNumbers(pdf);
  if (numbers.size === 0) refuse("no-proof-attached", `the PDF has no attachment ${NAME}: a print, a scan or a page saved anew loses it`, "Choose the PDF file that the registry gave, or fetch the proof of the parcel from the registry.");
  if (numbers.size > 1) refuse("several-proofs-attached", `the PDF has ${numbers.size} attachments named ${NAME}, and an extract has one`, "Choose each extract as a file of its own.");
  const [number] = numbers;
  return embedded(bytes, pdf, number);
}

// In latin1 as such: TextDecoder's "latin1" is windows-1252, which moves 27 of the bytes.
function latin1(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length; at += 8192) parts.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
  return parts.join("");
}

// The object numbers of the embedded files that bear the name; of a file specification that was replaced, the last counts.
function fileNumbers(pdf) {
  const specifications = new Map();
  for (const found of pdf.matchAll(/(?:^|[\r\n])(\d{1,7}) (\d{1,5}) obj\b([^]*?)\bendobj/g)) {
    const dictionary = found[3].slice(0, 4096);
    if (/\/EF\s*<</.test(dictionary)) specifications.set(found[1], dictionary);
    else specifications.delete(found[1]);
  }
  const named = new RegExp(`/U?F\\s*(?:\\(${NAME.replace(".", "\\.")}\\)|<${HEX_NAME}>)`, "i");
  const numbers = new Set();
  for (const dictionary of specifications.values()) {
    if (!named.test(dictionary)) continue;
    const file = /\/EF\s*<<[^>]*?\/U?F\s+(\d{1,7})\s+\d{1,5}\s+R/.exec(dictionary);
    if (file) numbers.add(file[1]);
  }
  return numbers;
}

async function embedded(bytes, pdf, number) {
  const found = [...pdf.matchAll(new RegExp(`(?:^|[\\r\\n])${number} \\d{1,5} obj\\b([^]{0,2048}?)\\bstream(\\r\\n|\\n)`, "g"))].at(-1);
  const length = found && /\/Length\s+(\d{1,9})(?!\s+\d+\s+R)\b/.exec(found[1]);
  if (!length || !/\/EmbeddedFile\b/.test(found[1])) unreadable("the attachment cannot be found in it");
  const start = found.index + found[0].length;
  const stream = bytes.subarray(start, start + Number(length[1]));
  const filter = /\/Filter\s*\[?\s*\/(\w+)/.exec(found[1]);
  if (filter === null) return stream.length > MAX_PROOF ? tooLarge() : stream;
  if (!["FlateDecode", "Fl"].includes(filter[1]) || /\/DecodeParms\b/.test(found[1])) unreadable(`the attachment is packed in a way that is not read here (${filter[1]})`);
  return (await inflate(stream, MAX_PROOF)) ?? tooLarge();
}

const tooLarge = () => refuse("proof-too-large", `the attachment is damaged, or holds more than the ${MAX_PROOF} bytes that a title proof can have`, "Ask the registry for a fresh extract.");
