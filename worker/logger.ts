import { DefaultLogger, type LogEntry, type Logger } from '@temporalio/worker';
import { pino, type Logger as PinoLogger, type LevelWithSilent } from 'pino';

/** The worker's log: JSON lines on stderr, so that stdout stays free for results. */
export function createPino(level: LevelWithSilent): PinoLogger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/**
 * Temporal's logger on top of pino. Temporal calls (message, fields) and pino wants (fields, message): handed over as it
 * is, pino would drop every field.
 */
export function temporalLogger(log: PinoLogger): Logger {
  return new DefaultLogger('DEBUG', ({ level, message, meta, timestampNanos }: LogEntry) => {
    const { error, ...fields } = (meta ?? {}) as Record<string, unknown>;
    const at = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
    log[LEVELS[level]]({ ...fields, at, ...(error === undefined ? {} : { err: error }) }, message);
  });
}
