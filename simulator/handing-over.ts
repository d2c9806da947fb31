import { instanceId, type Service } from '../cluster/model.js';
import { barrierUp, unhealthyNeeds } from './barriers.js';
import type { World } from './world.js';

/** Writes down that a service is prepared for its start, and what below it is not healthy then. */
export function prepared(world: World, service: Service, host: string, how: string): void {
  const { cluster, journal, population } = world;
  const id = instanceId(service.name, host);
  journal.write('prepare', host, id, how);
  const barrier = barrierUp(cluster, service, population);
  if (barrier !== null) journal.write('note', host, id, `prepared although ${barrier}`);
}

/** Writes down that a service hands its work over now, and what it needs for that and has not. */
export function drained(world: World, service: Service, host: string, how: string): void {
  const { cluster, journal, population } = world;
  const id = instanceId(service.name, host);
  journal.write('drain', host, id, how);
  const needs = unhealthyNeeds(cluster, service, population);
  if (needs !== null) journal.write('note', host, id, `drained although ${needs}`);
}
