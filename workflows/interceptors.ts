import type { WorkflowInterceptors } from '@temporalio/workflow';

/** Every log line of a run names its cluster, the SDK's own lines too. Known to the bundle by `worker/bundle.ts`. */
export function interceptors(): WorkflowInterceptors {
  let cluster: unknown;
  return {
    inbound: [
      {
        execute: (input, next) => {
          const [request] = input.args as readonly ({ readonly cluster?: unknown } | null | undefined)[];
          cluster = request?.cluster;
          return next(input);
        },
      },
    ],
    outbound: [
      { getLogAttributes: (fields, next) => next(typeof cluster === 'string' ? { ...fields, cluster } : fields) },
    ],
  };
}
