// One kind of error leaves this verifier: what does not hold, by a stable code that registry/verify.py shares.

export class VerificationError extends Error {
  constructor(code, message, remedy = "") {
    super(message);
    this.name = "VerificationError";
    this.code = code;
    this.remedy = remedy;
  }
}

export function refuse(code, message, remedy = "") {
  throw new VerificationError(code, message, remedy);
}

// What `read` gives, its complaint of one of the inner codes told as the outer: "a proof whose base64 is bad is malformed".
export function readAs(code, inner, read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof VerificationError && inner.includes(error.code)) refuse(code, error.message);
    throw error;
  }
}
