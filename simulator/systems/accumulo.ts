import { PLAIN, type Answer, type Surroundings, type System } from './system.js';

/** A ZooKeeper session outlives the quorum by this, at speed 1: shortest and spread. 30 s in production. */
const SESSION_MS = 6_000;
const SESSION_SPREAD_MS = 4_000;

/** What `admin stopAll` comes to for a server, as its log says. */
const DISMISSED = 'a clean stop: its tablets were handed over';

/** All wait for ZooKeeper and for the end of safemode, with their ports closed and no word of complaint. */
function accumulo(name: string): System {
  return {
    ...PLAIN,
    bootMs: [1_000, 2_500],
    words: () => ['-Xmx256m', 'org.apache.accumulo.start.Main', name],
    mayOpen: (around) => around.ensemble.serving && around.fileSystem.usable,
    answer: () => ({ type: 'text', text: '' }),
    // T2, T4: neither start nor stop ever looks again.
    started: { code: 0, text: `Starting ${name} on localhost` },
    alreadyRuns: (pid) => ({ code: 0, text: `localhost : ${name} already running (${pid})` }),
    stopped: { code: 0, text: `Stopping ${name} on localhost` },
    notRunning: { code: 0, text: '' },
  };
}

/** A server that holds a lock in ZooKeeper kills itself when it loses that, and ends when a clean stop is through. */
function lockHolder(name: string): System {
  return {
    ...accumulo(name),
    ends: (around, proc) => {
      const { ensemble, speed, tablets } = around;
      if (proc.openedAt === null) return null;
      if (tablets.isDismissed(proc)) return { at: proc.openedAt, why: DISMISSED };
      if (ensemble.lostAt === null) return null;
      const at = ensemble.lostAt + (SESSION_MS + SESSION_SPREAD_MS * proc.jitter) / speed;
      return { at, why: `${name} lost lock (reason = SESSION_EXPIRED), exiting.` };
    },
  };
}

function managerReport(around: Surroundings): Answer {
  const { ensemble, tablets } = around;
  if (!ensemble.serving) return { type: 'http', status: 500, body: 'Server Error: ZooKeeper is not reachable\n' };
  const up = (kind: string): number => around.living(kind).filter((p) => p.openedAt !== null && !p.frozen).length;
  const hasManager = up('accumulo-manager') > 0;
  const body = {
    manager: hasManager ? 'up' : 'No Managers running',
    onlineTabletServers: up('accumulo-tserver'),
    unassignedTablets: tablets.unassigned,
    managerGoalState: hasManager ? tablets.goal : null,
    managerState: hasManager ? tablets.goal : null,
  };
  return { type: 'http', status: 200, body: `${JSON.stringify(body)}\n` };
}

export const ACCUMULO_MANAGER = lockHolder('manager');
export const ACCUMULO_TSERVER = lockHolder('tserver');
export const ACCUMULO_GC = accumulo('gc');

/** The monitor: its page, and the REST answer in which one can count tablets that nobody serves. */
export const ACCUMULO_MONITOR: System = {
  ...accumulo('monitor'),
  serves: (around) => around.ensemble.serving,
  answer: (around, _proc, question) => {
    if (question.type !== 'http') return { type: 'text', text: '' };
    const report = managerReport(around);
    if (question.path.startsWith('/rest/manager') || (report.type === 'http' && report.status !== 200)) return report;
    return { type: 'http', status: 200, body: '<html><title>Accumulo Overview</title></html>\n' };
  },
};
