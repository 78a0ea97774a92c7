// Math.random for a process that is copied: V8's own would give the same
// numbers in every cell. The generator is sfc32 (C. Doty-Humphrey, PractRand);
// like V8's it is no source of secrets.

let a = 0;
let b = 0;
let c = 0;
let counter = 1;

// words are four numbers of 32 bits.
export function reseed(words) {
  [a, b, c] = words;
  counter = words[3] | 1;
}

export function random() {
  return (next() * 0x200000 + (next() >>> 11)) / 0x20000000000000;
}

function next() {
  const result = (a + b + counter++) | 0;
  a = b ^ (b >>> 9);
  b = (c + (c << 3)) | 0;
  c = ((c << 21) | (c >>> 11)) + result;
  return result >>> 0;
}
