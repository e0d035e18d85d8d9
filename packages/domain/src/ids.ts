/**
 * Ids from outside are strings, kept exactly as given; ids inside the maths are dense numbers.
 * The brands make the compiler refuse a mix-up of users with items, or of strings with positions.
 */
export type UserId = string & { readonly brand: 'UserId' };
export type ItemId = string & { readonly brand: 'ItemId' };
/** Position of a user in a vocabulary: 0 .. userCount - 1. */
export type UserIndex = number & { readonly brand: 'UserIndex' };
/** Position of an item in a vocabulary: 0 .. itemCount - 1. */
export type ItemIndex = number & { readonly brand: 'ItemIndex' };

/** Longest id that is accepted, in UTF-16 code units. */
export const MAX_ID_LENGTH = 256;

const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/;
/** In unicode mode a surrogate that is part of a pair does not match. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Why a string can't be a user or item id, or undefined when it can. */
export function idFault(id: string): string | undefined {
  if (id.length === 0) return 'is empty';
  if (id.length > MAX_ID_LENGTH) return `is ${id.length} characters long, at most ${MAX_ID_LENGTH} are accepted`;
  if (CONTROL_CHARACTER.test(id)) return 'holds a control character (a newline, a tab or NUL)';
  // UTF-8 has no place for one: files and databases would keep another id than was given.
  if (LONE_SURROGATE.test(id)) return 'holds half a surrogate pair';
  return undefined;
}
