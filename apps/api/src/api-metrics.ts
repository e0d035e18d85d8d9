import type { RequestHandler } from 'express';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { routeOf } from './resource.js';

/** What Prometheus reads. A registry of its own, so that several APIs fit into one process. */
export class ApiMetrics {
  readonly registry = new Registry();
  readonly #requestSeconds: Histogram;
  readonly #events: Counter;
  readonly #recommendations: Counter;
  readonly #servingModel: Gauge;
  readonly #loadFailures: Counter;
  readonly #runStreams: Gauge;

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#requestSeconds = new Histogram({
      name: 'kindred_http_request_duration_seconds',
      help: 'Duration of HTTP requests by route pattern.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    this.#events = new Counter({
      name: 'kindred_events_total',
      help: 'Events received over HTTP by verdict.',
      labelNames: ['verdict'],
      registers,
    });
    this.#recommendations = new Counter({
      name: 'kindred_recommendations_total',
      help: 'Recommendations answered by what they were made from.',
      labelNames: ['source'],
      registers,
    });
    this.#servingModel = new Gauge({
      name: 'kindred_serving_model_info',
      help: 'Always 1; the labels name the model that serves in this process.',
      labelNames: ['model_id', 'method'],
      registers,
    });
    this.#loadFailures = new Counter({
      name: 'kindred_model_load_failures_total',
      help: 'Promoted models that could not be loaded.',
      registers,
    });
    this.#runStreams = new Gauge({
      name: 'kindred_run_streams',
      help: 'Open streams of run events.',
      registers,
    });
    for (const verdict of ['accepted', 'duplicate', 'rejected']) this.#events.inc({ verdict }, 0);
    for (const source of ['user', 'session', 'popular']) this.#recommendations.inc({ source }, 0);
  }

  /** Times every request; those that match no route share one label, so that strangers can't grow the registry. */
  readonly timing: RequestHandler = (request, response, next) => {
    const stop = this.#requestSeconds.startTimer();
    response.once('close', () => {
      stop({ method: request.method, route: routeOf(response) ?? 'none', status: response.statusCode });
    });
    next();
  };

  countEvents(verdict: 'accepted' | 'duplicate' | 'rejected', count: number): void {
    this.#events.inc({ verdict }, count);
  }

  countRecommendation(source: 'user' | 'session' | 'popular'): void {
    this.#recommendations.inc({ source });
  }

  countLoadFailure(): void {
    this.#loadFailures.inc();
  }

  setServingModel(modelId: string, method: string): void {
    this.#servingModel.reset();
    this.#servingModel.set({ model_id: modelId, method }, 1);
  }

  /** @returns what to call when the stream has ended */
  openRunStream(): () => void {
    this.#runStreams.inc();
    return () => this.#runStreams.dec();
  }
}
