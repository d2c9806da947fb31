import { DefaultLogger, type LogEntry, type Logger } from '@temporalio/worker';
import { pino, type DestinationStream, type Logger as PinoLogger, type LevelWithSilent } from 'pino';

/**
 * The worker's log: JSON lines on stderr, so that stdout stays free for results. Secrets never get here: what commands
 * print of them is taken out where it is read (`activities/act.ts`).
 */
export function createPino(level: LevelWithSilent, to: DestinationStream = pino.destination(2)): PinoLogger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, to);
}

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/**
 * Temporal's logger on top of pino. Temporal calls (message, fields) and pino wants (fields, message): handed over as it
 * is, pino would drop every field.
 */
export function temporalLogger(log: PinoLogger): Logger {
  return new DefaultLogger('DEBUG', ({ level, message, meta, timestampNanos }: LogEntry) => {
    const at = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
    log[LEVELS[level]]({ at, ...fieldsOf((meta ?? {}) as Record<string, unknown>) }, message);
  });
}

/** Fields that only a program could use, or that are the same in every line of a worker. */
const OF_PROGRAMS = new Set(['taskToken', 'activityId', 'isLocal', 'namespace', 'taskQueue', 'workflowNamespace']);

/** Temporal's field names as ours: a line is found by `run` whether a workflow or one of its activities wrote it. */
function fieldsOf(meta: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { error, workflowId, runId, workflowRunId, workflowType, activityType, sdkComponent, ...rest } = meta;
  const told = Object.entries(rest).filter(([name]) => !OF_PROGRAMS.has(name));
  return {
    run: workflowId,
    runId: workflowRunId ?? runId,
    runbook: workflowType,
    activity: activityType,
    from: sdkComponent,
    ...Object.fromEntries(told),
    ...(error === undefined ? {} : { err: error }),
  };
}
