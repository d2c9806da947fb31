import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { didYouMean } from './nearest.js';

/** As pino names them. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** What a process of Blackstart is told by its environment. */
export interface Environment {
  /** BLACKSTART_CLUSTERS: the absolute path of the directory of cluster files; default ./clusters. */
  readonly clusters: string;
  /** BLACKSTART_LOG_LEVEL; default info. */
  readonly logLevel: LogLevel;
  /** BLACKSTART_TASK_QUEUE; default blackstart. */
  readonly taskQueue: string;
  /** BLACKSTART_METRICS: where a worker shows its metrics, `IP:PORT`; null = nowhere, the default. */
  readonly metrics: string | null;
  /** BLACKSTART_TEMPORAL_DATABASE: where Temporal keeps its data, `HOST:PORT`, so that no shutdown takes it down; null = not said. */
  readonly temporalDatabase: string | null;
}

/** Thrown by {@link readEnvironment}; the message names every variable that is wrong, one a line, with a cure. */
export class EnvironmentError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'EnvironmentError';
  }
}

/**
 * Reads the environment; an empty variable counts as unset.
 * @throws EnvironmentError where a variable has a value that cannot be meant.
 */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const problems: string[] = [];
  const said = (name: string): string | undefined => (variables[name] === '' ? undefined : variables[name]);
  const level = said('BLACKSTART_LOG_LEVEL') ?? 'info';
  const logLevel = LOG_LEVELS.find((known) => known === level);
  if (!logLevel) {
    const cure = didYouMean(level, LOG_LEVELS, `use one of ${LOG_LEVELS.join(', ')}`);
    problems.push(`BLACKSTART_LOG_LEVEL is "${level}", which is no log level; ${cure}`);
  }
  const taskQueue = said('BLACKSTART_TASK_QUEUE') ?? 'blackstart';
  if (!/^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/.test(taskQueue)) {
    problems.push(
      `BLACKSTART_TASK_QUEUE is "${taskQueue}"; use letters, digits, ".", "_", "/" and "-", such as blackstart`,
    );
  }
  const clusters = said('BLACKSTART_CLUSTERS') ?? 'clusters';
  if (clusters.includes('\0')) problems.push('BLACKSTART_CLUSTERS is no path; set it to a directory of cluster files');
  const metrics = said('BLACKSTART_METRICS') ?? null;
  if (metrics !== null && !isSocketAddress(metrics)) {
    problems.push(
      `BLACKSTART_METRICS is "${metrics}"; write an IP address and a port, such as 127.0.0.1:9464 or [::1]:9464`,
    );
  }
  const temporalDatabase = said('BLACKSTART_TEMPORAL_DATABASE') ?? null;
  if (temporalDatabase !== null && !isPlace(temporalDatabase)) {
    problems.push(
      `BLACKSTART_TEMPORAL_DATABASE is "${temporalDatabase}"; write a host and a port, such as db.example:5432`,
    );
  }
  if (problems.length > 0 || !logLevel) throw new EnvironmentError(problems);
  return { clusters: resolve(clusters), logLevel, taskQueue, metrics, temporalDatabase };
}

/** A name or an address, with a port. */
function isPlace(text: string): boolean {
  const [, , port] = /^(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(text) ?? [];
  return Number(port) >= 1 && Number(port) <= 65_535;
}

/** An address in digits: names are not looked up, so that nobody listens elsewhere than was meant. */
function isSocketAddress(text: string): boolean {
  const [, v6, v4, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = v6 ?? v4 ?? '';
  return isIP(host) === (v6 === undefined ? 4 : 6) && Number(port) >= 1 && Number(port) <= 65_535;
}
