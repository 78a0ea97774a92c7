// Some engines have no way to tell of a warning but to print it.

// Returns what work returns and the warnings it printed.
export function overhear(work) {
  const { warn } = console;
  const heard = [];
  console.warn = (text) => heard.push(String(text));
  try {
    return [work(), heard];
  } finally {
    console.warn = warn;
  }
}
