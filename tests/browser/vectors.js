// Runs every vector of tests/vectors against the verifier page's own modules (`globalThis.landlog`), in the page.
// An expression: a function of the vectors by file name, which gives the complaints; none when all is well.
async (vectors) => {
  const { bytes, canon, dsse, ed25519, note, paper, policy, tree, verify } = globalThis.landlog;
  const { fromBase64, fromHex, hex, sha256, toBase64, utf8 } = bytes;
  const complaints = [];
  let run = 0;

  const same = (where, found, expected) => {
    run += 1;
    const [a, b] = [found, expected].map((value) => JSON.stringify(value, (_, v) => (typeof v === "bigint" ? Number(v) : v)));
    if (a !== b) complaints.push(`${where}: ${a} where ${b} is right`);
  };
  const refused = async (where, code, action) => {
    run += 1;
    try {
      await action();
      complaints.push(`${where}: let pass, where ${code} is right`);
    } catch (error) {
      if (error.name !== "VerificationError") complaints.push(`${where}: ${error.stack}`);
      else if (code !== undefined && error.code !== code) complaints.push(`${where}: ${error.code} (${error.message}) where ${code} is right`);
    }
  };
  const passes = async (where, action) => {
    run += 1;
    try {
      return await action();
    } catch (error) {
      complaints.push(`${where}: ${error.code ?? error.stack}: ${error.message}`);
    }
  };
  const b64 = (text) => fromBase64(text, "a vector");

  // ---- hashes and trees

  const leaf = (n) => tree.leafHash(utf8(`leaf ${n}`));
  same("rfc6962 leaf 0", toBase64(leaf(0)), vectors.rfc6962.leaf_hash_0);
  for (const { size, index, proof } of vectors.rfc6962.inclusion) {
    const claim = { leaf: leaf(index), index: BigInt(index), size: BigInt(size), proof: proof.map(b64), root: b64(vectors.rfc6962.roots[size] ?? toBase64(leaf(0))) };
    await passes(`rfc6962 inclusion ${index} of ${size}`, () => tree.verifyInclusion(claim));
    await refused(`rfc6962 inclusion ${index} of ${size}, another leaf`, "not-included", () => tree.verifyInclusion({ ...claim, leaf: leaf(index + 1) }));
    await refused(`rfc6962 inclusion ${index} of ${size}, outside`, "not-included", () => tree.verifyInclusion({ ...claim, index: BigInt(size) }));
    await refused(`rfc6962 inclusion ${index} of ${size}, one hash more`, "not-included", () => tree.verifyInclusion({ ...claim, proof: [...claim.proof, leaf(0)] }));
    await refused(`rfc6962 inclusion ${index} of ${size}, a short hash`, "hash-length", () => tree.verifyInclusion({ ...claim, proof: [...claim.proof, new Uint8Array(31)] }));
  }
  let chain = tree.EMPTY;
  for (const { index, leaf_hash: leafHash, history } of vectors.history) {
    chain = tree.foldHistory(chain, index, b64(leafHash));
    same(`history at ${index}`, toBase64(chain), history);
  }

  // ---- the map

  const { map } = vectors;
  const key = (id) => tree.mapKey("parcel", map.origin, id);
  for (const [id, expected] of Object.entries(map.keys)) same(`map key of ${id}`, toBase64(key(id)), expected);
  for (const [id, { result, path, other_key: otherKey }] of Object.entries(map.proofs)) {
    const owner = Object.keys(map.keys).find((known) => map.keys[known] === otherKey);
    const proof = { result, path: path.map(b64), otherKey: otherKey ? b64(otherKey) : null, otherValueHash: otherKey ? sha256(utf8(`state of ${owner}`)) : null };
    const claim = { key: key(id), value: result === "present" ? utf8(`state of ${id}`) : null, root: b64(map.roots[5]) };
    await passes(`map proof of ${id}`, () => tree.verifyMapPath(proof, claim));
    await refused(`map proof of ${id} under another root`, "map-path-refused", () => tree.verifyMapPath(proof, { ...claim, root: b64(map.roots[4]) }));
    await refused(`map proof of ${id}, an empty sibling first`, "map-path-refused", () => tree.verifyMapPath({ ...proof, path: [tree.EMPTY, ...proof.path] }, claim));
  }
  const empty = map.absent_empty;
  await passes("map, an empty place", () => tree.verifyMapPath({ result: empty.result ?? "absent-empty", path: empty.path.map(b64) }, { key: b64(empty.key), value: null, root: b64(empty.root) }));
  const head = tree.parseMapHead(utf8(vectors.map_head.entry));
  same("map head, its leaf", toBase64(tree.leafHash(utf8(vectors.map_head.entry))), vectors.map_head.leaf_hash);
  same("map head, its size", head.size, 5n);
  for (const { title, entry } of vectors.map_head.damaged) await refused(`map head: ${title}`, "malformed-map-head", () => tree.parseMapHead(utf8(entry)));

  // ---- notes

  const log = note.parseVkey(vectors.note.vkey), witness = note.parseVkey(vectors.cosignature.vkey);
  const published = vectors.note.published;
  await passes("the published note", () => note.openNote(utf8(published.note), [note.parseVkey(published.vkey)]));
  await passes("the checkpoint", () => note.openCheckpoint(utf8(vectors.note.checkpoint), [log]));
  for (const { title, note: text, error } of vectors.note.damaged) await refused(`note: ${title}`, error, () => note.openCheckpoint(utf8(text), [log]));
  for (const { title, text, error } of vectors.note.checkpoint_texts_refused) await refused(`checkpoint: ${title}`, error, () => note.parseCheckpoint(text));
  for (const { title, vkey, error } of vectors.note.vkeys_refused) await refused(`vkey: ${title}`, error, () => note.parseVkey(vkey));
  const cosigned = async (line) => (await note.verifiedSignatures(note.parseNote(utf8(vectors.note.checkpoint + line)), [witness])).length;
  same("a cosignature", await cosigned(vectors.cosignature.line), 1);
  same("a cosignature's message", note.cosignedMessage(vectors.note.text, vectors.cosignature.time), vectors.cosignature.signed_message);
  for (const { title, line, error } of vectors.cosignature.damaged) await refused(`cosignature: ${title}`, error, () => cosigned(line));
  const inLog = async (text) => {
    const proof = tree.parseTlogProof(text);
    const { checkpoint } = await note.openCheckpoint(utf8(proof.checkpoint), [log]);
    tree.verifyTlogProof(proof, utf8(vectors.tlog_proof.leaf), checkpoint);
  };
  await passes("the tlog-proof", () => inLog(vectors.tlog_proof.text));
  for (const { title, text, error } of vectors.tlog_proof.damaged) await refused(`tlog-proof: ${title}`, error, () => inLog(text));

  // ---- payloads

  const { payloadType, payload, sig, public: signer } = vectors.dsse;
  same("the pre-authentication encoding", new TextDecoder().decode(dsse.pae(payloadType, utf8(payload))), vectors.dsse.pae);
  same("an order's signature", await ed25519.verify(fromHex(signer), dsse.pae(payloadType, utf8(payload)), b64(sig)), true);
  const { field, salt, value, commitment } = vectors.commitment;
  same("a commitment", verify.commitment(field, fromHex(salt), value), commitment);
  for (const { title, text } of vectors.canonical_json.good) same(`JSON: ${title}`, await passes(`JSON: ${title}`, () => canon.canonical(canon.parse(utf8(text)))), text);
  for (const { title, base64, error } of vectors.canonical_json.damaged) await refused(`JSON: ${title}`, error, () => canon.parse(b64(base64)));

  // ---- keys

  for (const { title, public: key, error } of vectors.ed25519.keys_refused) await refused(`key: ${title}`, error, () => ed25519.checkPublicKey(fromHex(key)));
  for (const { title, public: key, message, signature, valid } of vectors.ed25519.signatures) {
    same(`signature: ${title}`, await ed25519.verify(fromHex(key), fromHex(message), fromHex(signature)), valid);
  }

  // ---- policies, title proofs, papers

  for (const { title, policy: text, logs, witnesses } of vectors.policy.good) {
    const read = await passes(`policy: ${title}`, () => policy.parsePolicy(utf8(text)));
    same(`policy: ${title}`, [read?.logs.length, read?.witnesses.size], [logs, witnesses]);
  }
  for (const { title, policy: text, error } of vectors.policy.damaged) await refused(`policy: ${title}`, error, () => policy.parsePolicy(utf8(text)));

  const { now, policies } = vectors.title_proof;
  const judged = ({ proof, proof_base64: encoded, policy: name = "plain", max_age: maxAge = 86400, parcel = null, as_of_size: asOfSize = null }) =>
    verify.verifyTitleProof(proof === undefined ? b64(encoded) : utf8(proof), policy.parsePolicy(utf8(policies[name])), { now, maxAge, parcel, asOfSize });
  for (const vector of vectors.title_proof.good) {
    const found = await passes(`title proof: ${vector.title}`, () => judged(vector));
    if (found === undefined) continue;
    const record = found.states.get(`parcel ${found.parcel}`);
    same(`title proof: ${vector.title}`, {
      status: found.status, parcel: found.parcel, size: found.size, as_of: found.asOf, signatures_checked: found.signaturesChecked,
      names: found.openings.map((opening) => opening.value.name), parcel_version: record?.version ?? null,
    }, vector.verdict);
  }
  for (const vector of vectors.title_proof.damaged) await refused(`title proof: ${vector.title}`, vector.error, () => judged(vector));

  const papers = vectors.paper, press = paper.paperKeys(utf8(papers.policy));
  for (const { title, text, paper: expected } of papers.good) {
    const found = await passes(`paper: ${title}`, () => paper.verifyPaper(text, press, { now: papers.now }));
    if (found === undefined) continue;
    const { origin, parcel, retired, version, label, area, holders, holderCount, burdens, size, asOf, proofSha256 } = found;
    same(`paper: ${title}`, { origin, parcel, retired, version, label, area_m2: area, holders, holder_count: holderCount, burdens, size, as_of: asOf, proof_sha256: proofSha256 }, expected);
  }
  for (const { title, text, error } of papers.damaged) await refused(`paper: ${title}`, error, () => paper.verifyPaper(text, press, { now: papers.now }));

  return { run, complaints };
}
