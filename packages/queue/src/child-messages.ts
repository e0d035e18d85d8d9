/** What a running child tells its parent. */
export type ChildMessage =
  | { readonly type: 'progress'; readonly progress: unknown }
  | {
      readonly type: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields: object;
    };

/** An error on its way between processes. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a KindredError. */
  readonly code: string | undefined;
  readonly field: string | undefined;
}

export type FromChild =
  | ChildMessage
  | { readonly type: 'result'; readonly result: unknown }
  | { readonly type: 'error'; readonly error: SentError };

export interface ToChild {
  readonly type: 'start';
  readonly payload: unknown;
}
