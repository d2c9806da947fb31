import type { JsonExpectation, Probe, Progress } from '../cluster/model.js';
import { durationMs } from '../cluster/duration.js';
import type { WrittenProbe, WrittenProgress } from './schema-probe.js';

const DEFAULT_TIMEOUT = '5s';

/** The checked form of a probe, or null where it needs the port of a service that has none. */
export function toProbe(written: WrittenProbe, servicePort: number | null): Probe | null {
  if (typeof written === 'string') return toProbe({ command: written }, servicePort);
  const timeoutMs = durationMs(written.timeout ?? DEFAULT_TIMEOUT);
  if ('command' in written) {
    const { command, exit, match } = written;
    return {
      type: 'command',
      run: command,
      exit: exit === undefined ? [0] : [exit].flat(),
      match: match ?? null,
      timeoutMs,
    };
  }
  const host = written.host ?? null;
  if ('tcp' in written) {
    const port = written.tcp === 'port' ? servicePort : written.tcp;
    if (port === null) return null;
    return { type: 'tcp', host, port, send: written.send ?? null, expect: written.expect ?? null, timeoutMs };
  }
  const port = written.port ?? servicePort;
  if (port === null) return null;
  const json = Object.entries(written.json ?? {}).map(([path, value]) => [path, toExpectation(value)] as const);
  return {
    type: 'http',
    scheme: written.scheme ?? 'http',
    host,
    port,
    path: written.http,
    status: written.status === undefined ? [200] : [written.status].flat(),
    json: Object.fromEntries(json),
    match: written.match ?? null,
    timeoutMs,
  };
}

/** A progress figure, whose probe was checked already. */
export function toProgress(name: string, written: WrittenProgress, probe: Probe): Progress {
  const value = typeof written === 'object' && 'value' in written ? written.value : null;
  return { name, probe, value };
}

type WrittenExpectation = NonNullable<Extract<WrittenProbe, { http: string }>['json']>[string];

function toExpectation(written: WrittenExpectation): JsonExpectation {
  if (typeof written !== 'object' || written === null) return { equals: written };
  if ('max' in written) return { max: written.max };
  if ('matches' in written) return { matches: written.matches };
  return typeof written.min === 'number' ? { min: written.min } : { minMembersOf: written.min.membersOf };
}
