// Opens the page, and lays the verifier's parts out for whoever wants to run the vectors against them.

import * as bytes from "./bytes.js";
import * as canon from "./canon.js";
import * as dsse from "./dsse.js";
import * as ed25519 from "./ed25519.js";
import * as note from "./note.js";
import { open, refusalStatement } from "./page.js";
import * as paper from "./paper.js";
import * as pdf from "./pdf.js";
import * as policy from "./policy.js";
import * as statement from "./statement.js";
import * as tree from "./tree.js";
import * as verify from "./verify.js";
import { WORDS } from "./words.js";

globalThis.landlog = Object.freeze({ bytes, canon, dsse, ed25519, note, paper, pdf, policy, refusalStatement, statement, tree, verify, WORDS });

await open();
