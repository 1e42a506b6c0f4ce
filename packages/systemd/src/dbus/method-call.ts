/** One method call, with the signatures that it and its reply have. */
export interface MethodCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature: string;
  readonly replySignature: string;
  readonly body: readonly unknown[];
  readonly deadlineMs: number;
}
