import { request as httpRequest } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import type { Cluster, Host, Probe } from '../cluster/model.js';
import type { Dependencies } from './dependencies.js';
import type { ProbeAnswer } from './host/reports.js';
import { targetOf } from './hosts.js';

/** A question that needs no program on the host, only a way to a port. */
export type PortProbe = Exclude<Probe, { type: 'command' }>;
type RawAnswer = Pick<ProbeAnswer, 'code' | 'text'>;

/** As much of an answer as is taken in on a host, too. */
const MOST_BYTES = 1_048_576;
/** As much of what a port says as is taken in on a host, too. */
const MOST_SAID_BYTES = 8_192;
/** What a port says may come in pieces: this long after the first one, in milliseconds, it is judged. */
const MORE_MS = 200;

/** Whether the host has no program to ask with, so that the question must go through the SSH connection (design §3). */
export function mustGoThrough(probe: Probe | undefined, answer: ProbeAnswer): probe is PortProbe {
  return answer.code === 'x' && probe !== undefined && probe.type !== 'command';
}

/**
 * Asks a port of a host from here, through the SSH connection: for hosts with neither curl nor bash nor nc. The answer
 * has the codes a host gives: HTTP status or `-`; 0, 7 (nobody takes connections), 124 (no answer in time); and stays
 * `x`, with both reasons, where no way could be opened. Never throws.
 */
export async function askThroughChannel(
  deps: Pick<Dependencies, 'shell'>,
  cluster: Cluster,
  host: Host,
  probe: PortProbe,
  unasked: ProbeAnswer,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const at = probe.host ?? host.address ?? host.name;
  const began = performance.now();
  const where = { target: targetOf(cluster, host), host: at, port: probe.port };
  const opened = await deps.shell.connect({ ...where, deadlineMs: probe.timeoutMs, signal });
  const { index } = unasked;
  switch (opened.kind) {
    case 'refused':
      return { index, code: probe.type === 'http' ? '-' : '7', text: opened.message };
    case 'not-sent': {
      if (opened.reason === 'deadline')
        return { index, code: probe.type === 'http' ? '-' : '124', text: opened.message };
      return { index, code: 'x', text: `${unasked.text}; nor through the SSH connection: ${opened.message}` };
    }
    case 'connected': {
      const { stream, close } = opened;
      const limitMs = Math.max(0, probe.timeoutMs - (performance.now() - began));
      const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(limitMs))]);
      try {
        const ask = probe.type === 'http' ? getOver(stream, probe, at, limit) : hear(stream, probe, limit);
        return { index, ...(await ask) };
      } finally {
        close();
      }
    }
  }
}

/** One GET, as curl would send it. */
function getOver(
  stream: Duplex,
  probe: Extract<PortProbe, { type: 'http' }>,
  host: string,
  limit: AbortSignal,
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    let code = '-';
    const done = (): void => {
      const text = Buffer.concat(pieces).subarray(0, MOST_BYTES).toString('utf8');
      resolve({ code, text: text.trimEnd() });
    };
    const noAnswer = (why: string): void => resolve({ code: '-', text: why });
    // Of an answer that never ends the status is known all the same.
    const late = (): void => (code === '-' ? noAnswer(`no answer in ${probe.timeoutMs} ms`) : done());
    limit.addEventListener('abort', late, { once: true });
    if (limit.aborted) return late();
    const headers = { Host: `${isIP(host) === 6 ? `[${host}]` : host}:${probe.port}`, Accept: '*/*' };
    try {
      const request = httpRequest({ createConnection: () => secured(stream, probe, host), path: probe.path, headers });
      request.on('error', (error) => noAnswer(error.message));
      request.on('response', (response) => {
        code = String(response.statusCode);
        response.on('data', (piece: Buffer) => {
          pieces.push(piece);
          bytes += piece.length;
          if (bytes >= MOST_BYTES) done();
        });
        response.on('end', done);
        response.on('error', (error) => noAnswer(error.message));
      });
      request.end();
    } catch (error) {
      // A path that cannot be sent as it is written.
      noAnswer(error instanceof Error ? error.message : String(error));
    }
  });
}

/** A certificate is not judged, neither here nor on hosts: the question is whether it answers, not who it is. */
function secured(stream: Duplex, probe: Extract<PortProbe, { type: 'http' }>, host: string): Duplex {
  if (probe.scheme === 'http') return stream;
  const name = isIP(host) === 0 ? { servername: host } : {};
  return tlsConnect({ socket: stream, rejectUnauthorized: false, ...name });
}

/** Says what is to be said, and hears what comes if anything is expected. */
function hear(stream: Duplex, probe: Extract<PortProbe, { type: 'tcp' }>, limit: AbortSignal): Promise<RawAnswer> {
  return new Promise((resolve) => {
    if (probe.send !== null && probe.send !== '') stream.write(probe.send);
    if (probe.expect === null) return resolve({ code: '0', text: '' });
    const pieces: Buffer[] = [];
    let bytes = 0;
    const done = (): void => {
      const text = Buffer.concat(pieces).subarray(0, MOST_SAID_BYTES).toString('utf8');
      resolve({ code: '0', text: text.trimEnd() });
    };
    const late = (): void => (bytes > 0 ? done() : resolve({ code: '124', text: '' }));
    limit.addEventListener('abort', late, { once: true });
    if (limit.aborted) return late();
    stream.on('data', (piece: Buffer) => {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= MOST_SAID_BYTES) done();
      else if (pieces.length === 1) setTimeout(done, MORE_MS);
    });
    stream.on('end', done).on('close', done);
  });
}
