// One call of the language's own functions makes values that no memory holds, and nothing can
// interrupt it. Those that make one of a size, or walk as far as a length says, look at that first.
(limit) => {
  const { apply, construct, defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
  const { RangeError, String, Number, Proxy } = globalThis;

  const check = (size) => {
    if (size > limit) {
      throw new RangeError(`a value of ${size} characters, bytes or items is too large: CloudFront Functions have 2 MB of memory`);
    }
  };

  const replace = (object, name, sizeOf) => {
    const property = getOwnPropertyDescriptor(object, name);
    const original = property?.value;
    if (typeof original !== 'function') {
      return;
    }
    property.value = new Proxy(original, {
      apply(target, self, args) {
        check(sizeOf(self, args));
        return apply(target, self, args);
      },
    });
    defineProperty(object, name, property);
  };

  const text = String.prototype;
  replace(text, 'repeat', (self, [count]) => String(self).length * Number(count));
  replace(text, 'padStart', (self, [length]) => Number(length));
  replace(text, 'padEnd', (self, [length]) => Number(length));

  // An array may say that it is long and have nothing in it, and so may any other object.
  const lengthOf = (value) => Number(value?.length);
  const longest = (self, args) => {
    let size = lengthOf(self) || 0;
    for (let i = 0; i < args.length; i++) {
      size += (typeof args[i] === 'object' && lengthOf(args[i])) || 0;
    }
    return size;
  };
  const ofArgument = (self, [first]) => lengthOf(first);
  const typed = Object.getPrototypeOf(Uint8Array);
  for (const prototype of [Array.prototype, typed.prototype]) {
    for (const name of ownKeys(prototype)) {
      if (name !== 'constructor' && name !== 'push' && name !== 'pop') {
        replace(prototype, name, name === 'concat' ? longest : lengthOf);
      }
    }
  }
  replace(Array, 'from', ofArgument);
  replace(typed, 'from', ofArgument);

  const sized = { ArrayBuffer: 1, Int8Array: 1, Uint8Array: 1, Uint8ClampedArray: 1, Int16Array: 2, Uint16Array: 2, Int32Array: 4, Uint32Array: 4, Float32Array: 4, Float64Array: 8, BigInt64Array: 8, BigUint64Array: 8 };
  for (const name of ownKeys(sized)) {
    const original = globalThis[name];
    if (!original) {
      continue;
    }
    // Not a proxy, which the interpreter does not take for a function in instanceof.
    const checked = function (...args) {
      const [first] = args;
      check((typeof first === 'object' ? lengthOf(first) : Number(first)) * sized[name]);
      return new.target ? construct(original, args, new.target === checked ? original : new.target) : original(...args);
    };
    Object.setPrototypeOf(checked, Object.getPrototypeOf(original));
    for (const key of ownKeys(original)) {
      defineProperty(checked, key, getOwnPropertyDescriptor(original, key));
    }
    defineProperty(original.prototype, 'constructor', { value: checked, writable: true, configurable: true });
    defineProperty(globalThis, name, { value: checked, writable: true, configurable: true });
  }
};
