type NumericArray = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** A typed array that doubles when it is full. */
export class GrowingColumn<T extends NumericArray> {
  readonly #make: new (
    length: number,
  ) => T;
  #data: T;
  #length = 0;

  constructor(make: new (length: number) => T, capacity = 1024) {
    this.#make = make;
    this.#data = new make(capacity);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#data.length) {
      const larger = new this.#make(this.#length * 2);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[this.#length] = value;
    this.#length += 1;
  }

  /** What was pushed, in an array of just that length. */
  trimmed(): T {
    return this.#data.slice(0, this.#length) as T;
  }
}
