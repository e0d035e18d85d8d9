/** A JSON object, frozen all through. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** @returns undefined when the text is no JSON, or JSON of another kind: an array, a string, null */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const parsed: unknown = JSON.parse(text, (_key, value) => Object.freeze(value));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
