import type { Layer, Service } from '../cluster/model.js';
import { findCycle } from '../cluster/order.js';
import type { FieldPath } from './field-path.js';
import type { Report } from './report.js';

/** Reports every circle of edges in a layer, each once: in a circle nothing could ever move. */
export function checkCycles(layer: Layer, path: FieldPath, report: Report): void {
  const rest = reportCycles(layer, 'up', path, report);
  // A circle on the way up mirrors into one on the way down; only what is left can have one of its own.
  reportCycles(rest, 'down', path, report);
}

function reportCycles(layer: Layer, goal: 'up' | 'down', path: FieldPath, report: Report): Layer {
  let rest = layer;
  for (let cycle = findCycle(rest, goal); cycle; cycle = findCycle(rest, goal)) {
    const members = cycle;
    const first = layer.services.find((service) => members.includes(service.name) && hasEdges(service, goal));
    const field = goal === 'up' || first?.stopAfter === null ? 'after' : 'stopAfter';
    const verb = goal === 'up' ? 'start' : 'stop';
    const message = `these wait for each other to ${verb}: ${members.join(' → ')}`;
    report.error([...path, 'services', first?.name ?? '', field], 'key', message, `remove one of these edges`);
    rest = { ...rest, services: rest.services.filter((service) => !members.includes(service.name)) };
  }
  return rest;
}

function hasEdges(service: Service, goal: 'up' | 'down'): boolean {
  return goal === 'up' ? service.after.length > 0 : (service.stopAfter ?? []).length > 0;
}
