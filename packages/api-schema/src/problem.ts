import { ERROR_TABLE, type ErrorCode } from '@kindred/domain';
import { z } from 'zod';

/** RFC 9457 problem details, with the code, the field at fault and the way out. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(Object.keys(ERROR_TABLE) as [ErrorCode, ...ErrorCode[]]),
    detail: z.string(),
    field: z.string().optional(),
    wayOut: z.string(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problem>;

/** Builds the answer to an error. */
export function problemOf(code: ErrorCode, detail: string, field?: string): Problem {
  const entry = ERROR_TABLE[code];
  return {
    type: `urn:kindred:error:${code}`,
    title: entry.title,
    status: entry.status,
    code,
    detail,
    ...(field === undefined ? {} : { field }),
    wayOut: entry.wayOut,
  };
}
