import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { logFieldsOf } from '../activities/log-fields.js';

/** Adds to every line an activity writes, and to the SDK's own about it, what its input says it is about. */
export const activityLogFields: ActivityInterceptorsFactory = () => {
  let fields: Record<string, unknown> = {};
  return {
    inbound: {
      execute: (input, next) => {
        fields = logFieldsOf(input.args[0]);
        return next(input);
      },
    },
    outbound: { getLogAttributes: (attributes, next) => next({ ...attributes, ...fields }) },
  };
};
