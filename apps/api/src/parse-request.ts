import { KindredError } from '@kindred/domain';
import type { z } from 'zod';

/**
 * Checks what a request brought against the schema that also documents it.
 * @throws KindredError REQUEST_INVALID naming the first field at fault
 */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = [...(issue?.path ?? [])];
  if (issue?.code === 'unrecognized_keys') path.push(...issue.keys.slice(0, 1));
  const field = path.map(String).join('.');
  const message = given === undefined ? 'the request needs a JSON body' : (issue?.message ?? 'is invalid');
  throw new KindredError('REQUEST_INVALID', field === '' ? message : `${field}: ${message}`, {
    ...(field === '' ? {} : { field }),
  });
}
