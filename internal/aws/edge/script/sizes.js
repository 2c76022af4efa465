// One call of the language's own functions makes values that no memory holds, and nothing can
// interrupt it. Those that make bytes look at their number first; sizes.go has the others.
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

  const lengthOf = (value) => Number(value?.length);
  const typed = Object.getPrototypeOf(Uint8Array);
  replace(typed.prototype, 'join', (self, [separator = ',']) => lengthOf(self) * (String(separator).length + 3));
  replace(typed, 'from', (self, [first]) => lengthOf(first));

  const sized = { ArrayBuffer: 1, Int8Array: 1, Uint8Array: 1, Uint8ClampedArray: 1, Int16Array: 2, Uint16Array: 2, Int32Array: 4, Uint32Array: 4, Float32Array: 4, Float64Array: 8 };
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
