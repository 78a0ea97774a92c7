// Some engines cannot be told what to use instead of a module such as fs.

// The value of work, for the time of which object has other members.
export function replacing(object, members, work) {
  const before = Object.fromEntries(Object.keys(members).map((name) => [name, object[name]]));
  Object.assign(object, members);
  try {
    return work();
  } finally {
    Object.assign(object, before);
  }
}
