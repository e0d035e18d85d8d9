import { type Problem, problem } from '@kindred/api-schema';
import { ERROR_TABLE, type ErrorCode } from '@kindred/domain';
import { expect } from 'vitest';
import type { Answer } from './shop.js';

/** An error as it is promised: RFC 9457, a code of the table with its status, a detail and the way out. */
export function expectProblem(answer: Answer, code: ErrorCode, field?: string): Problem {
  expect(answer.type).toBe('application/problem+json; charset=utf-8');
  const parsed = problem.parse(answer.body);
  expect({ code: parsed.code, field: parsed.field }).toEqual({ code, field });
  expect(answer.status).toBe(ERROR_TABLE[code].status);
  expect(parsed.status).toBe(answer.status);
  expect(parsed.wayOut).toBe(ERROR_TABLE[code].wayOut);
  expect(parsed.detail).not.toBe('');
  return parsed;
}
