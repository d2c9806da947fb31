import { systemOf } from './systems/all.js';
import type { Said } from './systems/system.js';
import type { World } from './world.js';

/** What `zkServer.sh status` and `hdfs --daemon status` say (T6, T8), and a plain program's. */
export function status(world: World, id: string): Said {
  const proc = world.population.get(id);
  const { kind } = world.serviceOf(id);
  if (kind !== 'zookeeper') return { code: proc ? 0 : 3, text: '' };
  const answer = world.ask(id, { type: 'tcp', send: 'srvr' });
  const mode = answer.type === 'text' ? /^Mode: .*$/m.exec(answer.text)?.[0] : undefined;
  if (mode !== undefined) return { code: 0, text: mode };
  return { code: 1, text: 'Error contacting service. It is probably not running.' };
}

/** `pg_isready`: 0 accepting, 1 rejecting (starting up), 2 no answer (T21). Any other probe command: 0 healthy, 1 not. */
export function readiness(world: World, id: string): Said {
  const proc = world.population.get(id);
  if (world.serviceOf(id).kind !== 'postgresql') return { code: proc?.healthy === true ? 0 : 1, text: '' };
  if (!proc || proc.frozen) return { code: 2, text: 'no response' };
  return world.isOpen(id) && systemOf(proc.service).serves(world.population, proc)
    ? { code: 0, text: 'accepting connections' }
    : { code: 1, text: 'rejecting connections' };
}
