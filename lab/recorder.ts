/**
 * The witness: a process of the machine, outside all hosts, that looks at /proc twenty times a second and writes down
 * when a service's process appears and when it is gone. It does not care who started or killed it, so `kill -9` and a
 * dead host are seen like a clean stop, and nothing in a host can talk it out of what it saw.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { initOf } from './hosts.js';
import { read, write } from './journal.js';
import { places } from './places.js';
import { argvOf, pidNamespace, pids, stat, uptime } from './processes.js';
import { isReady } from './ready.js';
import { HOSTS, SERVICES, type Instance } from './topology.js';

const TICK = 50;
const READY_EVERY = 150;

interface Seen extends Instance {
  readonly pid: number;
  readonly started: number;
  lastSeen: number;
}

const running = new Map<number, Seen>();
/** Processes of the machine itself: looked at once and never again. */
const foreign = new Set<number>();
const ownNamespace = pidNamespace(process.pid);

/** Nothing is remembered here: hosts come and go, and the kernel gives their numbers to others. */
function hostOf(namespace: string | undefined): string | undefined {
  return HOSTS.find((host) => {
    const init = initOf(host);
    return init !== undefined && namespace !== undefined && pidNamespace(init) === namespace;
  })?.name;
}

function look(now: number, event: 'start' | 'found'): void {
  const present = new Set(pids());
  for (const seen of running.values()) {
    const still = present.has(seen.pid) ? stat(seen.pid) : undefined;
    // A zombie has ended; another start time means the number was given to somebody else.
    if (still && still.state !== 'Z' && still.started === seen.started) seen.lastSeen = now;
    else ended(seen, now);
  }
  for (const pid of foreign) if (!present.has(pid)) foreign.delete(pid);
  for (const pid of present) {
    if (!running.has(pid) && !foreign.has(pid)) examine(pid, now, event);
  }
}

function examine(pid: number, now: number, event: 'start' | 'found'): void {
  const namespace = pidNamespace(pid);
  if (namespace === ownNamespace) {
    foreign.add(pid);
    return;
  }
  const argv = argvOf(pid);
  const service = SERVICES.find(({ is }) => is(argv));
  const found = service && stat(pid);
  if (!found || found.state === 'Z') return;
  // Between fork and exec a child looks like its parent: a PostgreSQL backend, a helper of a JVM.
  if (running.get(found.parent)?.service === service.name) return;
  const host = hostOf(namespace);
  if (host === undefined) return;
  const seen: Seen = { service: service.name, host, pid, started: found.started, lastSeen: now };
  running.set(pid, seen);
  write({ at: now, host, event, service: service.name, pid, started: found.started });
  void untilReady(seen);
}

function ended(seen: Seen, now: number, note?: string): void {
  running.delete(seen.pid);
  const { host, service, pid, lastSeen } = seen;
  write({ at: now, host, event: 'end', service, pid, lastSeen, ...(note ? { note } : {}) });
}

async function untilReady(seen: Seen): Promise<void> {
  while (running.get(seen.pid) === seen) {
    if (await isReady(seen).catch(() => false)) {
      // It may have ended, or been replaced, while it was asked.
      if (running.get(seen.pid) === seen) {
        write({ at: uptime(), host: seen.host, event: 'ready', service: seen.service, pid: seen.pid });
      }
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, READY_EVERY));
  }
}

/** What the journal believes to be running although no recorder was there to see it end. */
function closeOldEntries(now: number): void {
  const open = new Map<string, { host: string; service: string; pid: number; at: number }>();
  for (const { event, host, service, pid, at } of read()) {
    if (service === undefined || pid === undefined) continue;
    if (event === 'start' || event === 'found') open.set(`${host} ${pid}`, { host, service, pid, at });
    if (event === 'end') open.delete(`${host} ${pid}`);
  }
  for (const { host, service, pid, at } of open.values()) {
    if (running.get(pid)?.host === host) continue;
    write({ at: now, host, event: 'end', service, pid, lastSeen: at, note: 'ended while no recorder ran' });
  }
}

mkdirSync(places.run, { recursive: true });
writeFileSync(join(places.run, 'recorder.pid'), String(process.pid));
const began = uptime();
look(began, 'found');
closeOldEntries(began);
write({ at: began, host: 'lab', event: 'recorder', note: `pid ${process.pid} watches` });
const timer = setInterval(() => {
  // Another recorder took over, or the lab is down: two witnesses would write everything twice.
  const current = orEmpty(() => readFileSync(join(places.run, 'recorder.pid'), 'utf8'));
  if (current !== String(process.pid)) {
    clearInterval(timer);
    process.exit(0);
  }
  look(uptime(), 'start');
}, TICK);

function orEmpty(readText: () => string): string {
  try {
    return readText();
  } catch {
    return '';
  }
}
