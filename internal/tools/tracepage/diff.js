// What differs between two texts and two heads.

/** parts splits two texts into what they begin with alike, what differs, and the alike end. */
export function parts(left, right) {
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) {
    start++;
  }
  let end = 0;
  while (end < left.length - start && end < right.length - start && left.at(-1 - end) === right.at(-1 - end)) {
    end++;
  }
  if (start + end < 4) {
    start = 0;
    end = 0; // a few letters in common are chance
  }
  const cut = (s) => [s.slice(0, start), s.slice(start, s.length - end), s.slice(s.length - end)];
  return [cut(left), cut(right)];
}

/**
 * changes lists what a hop did to a head, as { name, before, after }; a side without the
 * header is undefined. What stayed comes last, in same.
 */
export function changes(before, after) {
  const changed = [];
  const same = [];
  const add = (name, was, is) => (was === is ? same : changed).push({ name, before: was, after: is });
  for (const [name, field] of [['method', 'method'], ['path and query', 'target'], ['status', 'status'], ['body', 'bytes']]) {
    const [was, is] = [before[field], after[field]];
    if (was !== undefined && is !== undefined) {
      add(name, field === 'bytes' ? `${was} bytes` : String(was), field === 'bytes' ? `${is} bytes` : String(is));
    }
  }
  const names = [...new Set([...Object.keys(before.headers), ...Object.keys(after.headers)])].sort();
  for (const name of names) {
    add(name, before.headers[name]?.join('\n'), after.headers[name]?.join('\n'));
  }
  return { changed, same };
}
