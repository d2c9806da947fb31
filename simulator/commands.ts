import type { Service } from '../cluster/model.js';
import { splitInstance } from '../cluster/model.js';
import { resetGoal } from './accumulo-admin.js';
import { barrierDown, barrierUp } from './barriers.js';
import { pause } from './clock.js';
import { systemOf } from './systems/all.js';
import type { Proc, Said } from './systems/system.js';
import { STOPPED, type World } from './world.js';

/** From TERM to the end of a process, at speed 1: shortest and spread. */
const SHUTDOWN_MS = 150;
const SHUTDOWN_SPREAD_MS = 350;

/** Resolves when the process is gone (true), or when that took too long (false). */
function gone(world: World, proc: Proc, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (isGone: boolean): void => {
      forget();
      callOff();
      resolve(isGone);
    };
    const callOff = world.parts.clock.after(withinMs, () => settle(false));
    const forget = world.onChange(() => {
      if (world.population.get(proc.id) !== proc) settle(true);
    });
  });
}

/**
 * What the start command of an instance does and says. It says so at once, long before the instance is healthy.
 * @param how by the script of its system, or as the bare program: what the script does besides is not done then.
 */
export function start(world: World, id: string, how: 'script' | 'bare' = 'script'): Said {
  const service = world.serviceOf(id);
  const system = systemOf(service);
  const say = logged(world, id, 'start');
  const lie = world.faults.find(id, 'exit-code-lie') !== undefined;
  const fails = world.faults.use(id, 'fail-start');
  if (fails) return say({ code: fails.exitCode, text: fails.text });
  const living = world.population.get(id);
  if (living && system.guardsAgainstDoubles) return say(system.alreadyRuns(living.pid));
  if (living) {
    corrupted(world, id, 'double start: a second process was started; it died because the port is in use');
    return say(system.alreadyRuns(living.pid));
  }
  if (world.faults.find(id, 'lying-start')) return say(system.started);
  const barrier = barrierUp(world.cluster, service, world.population);
  if (barrier !== null) corrupted(world, id, `barrier up: ${barrier}`);
  const said = say(lie ? { ...system.started, code: 1 } : system.started);
  if (service.kind === 'accumulo-manager' && how === 'script') resetGoal(world);
  const proc = world.spawn(id, service);
  world.journal.write('start', proc.host, id, `process ${proc.pid}`);
  return said;
}

/**
 * What the stop command of an instance does and says.
 * @param killAfterMs for programs that wait for the exit: how long, before they KILL; at speed 1.
 */
export async function stop(world: World, id: string, killAfterMs: number): Promise<Said> {
  const service = world.serviceOf(id);
  const system = systemOf(service);
  const say = logged(world, id, 'stop');
  const proc = world.population.get(id);
  if (!proc) return say(system.notRunning);
  if (world.faults.find(id, 'lying-stop')) return say(system.stopped);
  const lie = world.faults.find(id, 'exit-code-lie') !== undefined;
  const said = say(lie ? { ...system.stopped, code: 1 } : system.stopped);
  terminate(world, proc, service);
  const { speed } = world.parts;
  if (system.stopWaits.type === 'time') await pause(world.parts.clock, system.stopWaits.ms / speed);
  else if (!(await gone(world, proc, killAfterMs / speed))) {
    proc.reason = 'killed: it did not stop in time';
    world.parts.processes.signal(proc.pid, 'KILL');
    await gone(world, proc, 1_000);
  }
  return said;
}

function terminate(world: World, proc: Proc, service: Service): void {
  const { clock, processes, speed } = world.parts;
  const barrier = barrierDown(world.cluster, service, world.population);
  if (barrier !== null) corrupted(world, proc.id, `barrier down: ${barrier}`);
  world.journal.write('stop', proc.host, proc.id, `process ${proc.pid}`);
  clock.after((SHUTDOWN_MS + SHUTDOWN_SPREAD_MS * proc.jitter) / speed, () => {
    if (world.population.get(proc.id) !== proc) return;
    proc.reason = STOPPED;
    processes.signal(proc.pid, 'TERM');
  });
}

function logged(world: World, id: string, verb: string): (said: Said) => Said {
  return (said) => {
    const text = said.text === '' ? '' : `: ${said.text.split('\n').at(-1)}`;
    world.journal.write('command', splitInstance(id).host, id, `${verb} exits ${said.code}${text}`);
    return said;
  };
}

function corrupted(world: World, id: string, detail: string): void {
  world.journal.write('corruption', splitInstance(id).host, id, detail);
}
