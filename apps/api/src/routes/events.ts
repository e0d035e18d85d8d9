import { eventsRequest, type eventsResponse, MAX_EVENTS } from '@kindred/api-schema';
import { type Rejection, validateEvent } from '@kindred/datasets';
import { type Event, KindredError } from '@kindred/domain';
import { storeEventBatch } from '@kindred/storage';
import { Router } from 'express';
import type { z } from 'zod';
import type { ApiContext } from '../api-context.js';
import { parseRequest } from '../parse-request.js';
import { resource } from '../resource.js';

type EventsResponse = z.output<typeof eventsResponse>;

/** Events in: a verdict for each, stored durably before the answer. */
export function eventsRoutes({ database, metrics }: ApiContext): Router {
  const router = Router();
  resource(router, '/v1/events', {
    post: async (request, response) => {
      refuseTooMany(request.body);
      const { events: given } = parseRequest(eventsRequest, request.body);
      const { events, rejected } = judge(given, Date.now());
      const verdicts = await storeEventBatch(database.db, events, 'api');
      const accepted = verdicts.filter((verdict) => verdict === 'stored').length;
      const answer: EventsResponse = { accepted, duplicates: verdicts.length - accepted, rejected };
      metrics.countEvents('accepted', accepted);
      metrics.countEvents('duplicate', answer.duplicates);
      metrics.countEvents('rejected', rejected.length);
      response.json(answer);
    },
  });
  return router;
}

/** The same rule for each event as for lines of files; the time is that of arrival where none is given. */
function judge(given: readonly unknown[], nowMs: number): { events: Event[]; rejected: EventsResponse['rejected'] } {
  const events: Event[] = [];
  const rejected: EventsResponse['rejected'] = [];
  given.forEach((raw, index) => {
    const verdict = validateEvent(withTime(raw, nowMs), nowMs);
    if (verdict.kind === 'event') events.push(verdict.event);
    else rejected.push(rejectedEvent(index, verdict));
  });
  return { events, rejected };
}

function withTime(raw: unknown, nowMs: number): unknown {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return raw;
  const { time } = raw as { time?: unknown };
  return time === undefined || time === null || time === '' ? { ...raw, time: nowMs } : raw;
}

function rejectedEvent(index: number, { code, message }: Rejection): EventsResponse['rejected'][number] {
  return { index, code, message };
}

/** @throws KindredError PAYLOAD_TOO_LARGE, which says what to do, where a schema would only say too big */
function refuseTooMany(body: unknown): void {
  const events = (body as { events?: unknown } | null | undefined)?.events;
  if (!Array.isArray(events) || events.length <= MAX_EVENTS) return;
  throw new KindredError('PAYLOAD_TOO_LARGE', `${events.length} events in one request`, { field: 'events' });
}
