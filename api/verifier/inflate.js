// Unpacks zlib streams within bounds: a few bytes may claim to unpack to gigabytes.

import { concat } from "./bytes.js";

// The unpacked bytes; null where the stream is damaged, bears anything behind it, or unpacks to more than `most`.
export async function inflate(bytes, most) {
  try {
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
    const parts = [];
    for (let size = 0; ; ) {
      const { done, value } = await reader.read();
      if (done) return concat(...parts);
      size += value.length;
      if (size > most) {
        await reader.cancel();
        return null;
      }
      parts.push(value);
    }
  } catch {
    return null;
  }
}
